import { driveApplication, type Home } from '@joh/desktop/driving';
import { waitFor } from '@joh/testkit';
import { ageMs } from '../process-usage.ts';
import { memoryOfFamily } from './family.ts';
import { isEditable, lookEveryMs, type Start, settle, startDeadlineMs } from './start.ts';

/** What drives the window is not the application's. */
const driverName = /WebKitWebDriver/;

/** Body of a function of the page: the question of a folder that was never opened is answered. */
const trust = `[...document.querySelectorAll('.monaco-dialog-box .monaco-button')]
  .find(({ textContent }) => textContent.includes('Trust this folder'))?.click();`;

/** One start of the application on `folder`, which its user trusts. */
export async function startApplication(
  home: Home,
  { program, folder }: { program: string; folder: string },
): Promise<Start> {
  const driver = await driveApplication(program, [folder], home.environment);
  const own = () => home.processes().filter(({ command }) => !driverName.test(command));
  try {
    await waitFor(() => driver.evaluate<boolean>(isEditable).catch(() => false), {
      ...{ deadlineMs: startDeadlineMs, everyMs: lookEveryMs },
      what: 'text shows in the application',
    });
    // The driver starts it; what that takes is not the application's either.
    const textMs = Math.max(...own().map(({ pid }) => ageMs(pid)));
    const moments = await driver.evaluate<Moments>(pageMoments);
    await settle();
    const memory = memoryOfFamily(home.folder, driverName);
    await driver.evaluate(trust).catch(() => undefined);
    return { textMs, memory, stages: stagesOf(textMs, moments) };
  } finally {
    const shell = own().find(({ command }) => command.startsWith(program));
    if (shell) process.kill(shell.pid, 'SIGTERM');
    await waitFor(() => own().length === 0, { deadlineMs: startDeadlineMs, what: 'it has ended' });
    await driver.stop();
  }
}

/** Milliseconds since the page began. */
interface Moments {
  now: number;
  code: number;
  workbench: number;
}

const pageMoments = `
  const at = (name) => performance.getEntriesByName(name)[0].startTime;
  return { now: performance.now(), code: at('joh-services'), workbench: at('joh-initialized') };`;

/** The question for the moments comes right after the text was seen, so its `now` is the text's. */
function stagesOf(textMs: number, { now, code, workbench }: Moments): Record<string, number> {
  return {
    'the shell, the agent and WebKit start': textMs - now,
    'the code of the workbench is read and run': code,
    'the workbench is put together': workbench - code,
    'its first picture, and the text': now - workbench,
  };
}
