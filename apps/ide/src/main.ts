/** The IDE: every feature, once. Loaded by boot.ts while the session's answer is on its way. */
import { application } from './application/index.ts';
import { board } from './board/index.ts';
import { build } from './build/index.ts';
import { desktopWindow, folder } from './desktop/index.ts';
import { registerFileSystem } from './explorer/index.ts';
import { languages } from './languages/index.ts';
import { search } from './search/index.ts';
import { session, sessionCommands } from './session/index.ts';
import { shell } from './shell/index.ts';
import { sourceControl } from './source-control/index.ts';
import { createTerminalBackend } from './terminal/backend.ts';
import { guardTerminalFocus } from './terminal/focus.ts';
import { watchLeaving } from './terminal/leaving.ts';
import { registerThemes } from './theme/index.ts';
import { virtualBoard } from './virtual-board/index.ts';
import { waveform } from './waveform/index.ts';
import type { Feature, Ide, Page } from './workbench/feature.ts';
import { watchParts } from './workbench/parts.ts';
import { createReport } from './workbench/report.ts';
import { whenRestored } from './workbench/restored.ts';
import { startWorkbench } from './workbench/start.ts';

/** What the page can do decides: a session of FrontendMaster, a folder of this computer, or a session in its window. */
function featuresOf({ cloud, desktop }: Page): Feature[] {
  const all = [
    search,
    sourceControl,
    languages,
    shell,
    build,
    board,
    virtualBoard,
    waveform,
    session,
  ];
  return [
    ...all,
    ...(cloud ? [sessionCommands] : []),
    ...(desktop ? [desktopWindow, application] : []),
    ...(desktop?.folder ? [folder] : []),
  ];
}

/** Shows the session in `container`; resolves when every feature is there. */
export async function openIde(
  page: Page,
  container: HTMLElement,
  firstFile: string | null,
): Promise<Ide> {
  let resolveIde: (ide: Ide) => void = () => undefined;
  const whenIde = new Promise<Ide>((resolve) => {
    resolveIde = resolve;
  });
  const features = featuresOf(page);
  registerFileSystem(page);
  registerThemes();
  for (const feature of features) feature.register?.(page, whenIde);
  const terminals = createTerminalBackend({
    agent: page.agent,
    clock: page.clock,
    isLeaving: watchLeaving(window, page.clock),
    root: page.root,
    storage: page.storage,
    storageKey: `joh.terminals.${page.cloud?.session.id ?? page.project.id}`,
  });
  const vscode = await startWorkbench({
    page,
    container,
    contributions: features.flatMap(({ contributes }) => contributes ?? []),
    terminals,
    firstFile,
  });
  performance.mark('joh-workbench');
  // From here on it is the workbench that says what did not arrive.
  watchParts({ vscode, clock: page.clock });
  page.onShown();
  await guardTerminalFocus(document);
  await whenRestored(page.clock);
  const report = createReport(vscode);
  const ide: Ide = { ...page, vscode, report };
  resolveIde(ide);
  await Promise.all(
    features.map(async (feature) => {
      try {
        await feature.activate?.(ide);
      } catch (error) {
        // One feature that fails must not take the others with it.
        report(error);
      }
    }),
  );
  performance.mark('joh-ready');
  return ide;
}
