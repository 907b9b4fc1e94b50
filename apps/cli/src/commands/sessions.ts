/** `joh open`, `joh sessions`, `joh close`. */
import { containerClass, fault, type Session } from '@joh/protocol';
import type { Command } from 'commander';
import { openBrowser } from '../browser.ts';
import { type Context, findSession } from '../context.ts';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';

/** A queue may be long; a user who waits longer than this has gone. */
const openDeadlineMs = 10 * 60_000;

/** Adds the commands of sessions. */
export function addSessionCommands(program: Command, withContext: WithContext): void {
  program
    .command('open <project>')
    .description('open a project: claims a container and waits until it is ready')
    .option('--class <class>', 'standard or burst')
    .option('--no-browser', 'do not open the IDE in a browser')
    .action((project: string, options: { class?: string; browser: boolean }) =>
      withContext((context) => open(context, project, options)),
    );
  program
    .command('sessions')
    .description('list your sessions')
    .action(() =>
      withContext(async ({ client, output }) => {
        const { sessions } = await client.sessions.list();
        const rows = sessions.map(({ id, project, state, class: size }) => [
          id,
          `${project.owner}/${project.name}`,
          size,
          state,
        ]);
        for (const row of table(rows)) output.line(row);
        output.result({ sessions });
      }),
    );
  program
    .command('close <session>')
    .description('close a session; its container is destroyed')
    .action((name: string) =>
      withContext(async (context) => {
        const session = await findSession(context, name);
        await context.client.sessions.remove(session.id);
        context.output.line(`Closed ${session.id}.`);
        context.output.result({ session: session.id });
      }),
    );
}

async function open(
  context: Context,
  name: string,
  options: { class?: string; browser: boolean },
): Promise<void> {
  const { client, output, signal } = context;
  const size = containerClass.optional().safeParse(options.class);
  if (!size.success) throw fault('E_REQUEST_INVALID', { reason: '--class: use standard or burst' });
  const project = name.includes('/') ? name : `${(await client.account()).name}/${name}`;
  const created = await client.sessions.create({ project, ...(size.data && { class: size.data }) });
  let said = '';
  const onProgress = (session: Session) => {
    const text = describe(session);
    if (text !== said) output.progress(text);
    said = text;
  };
  const ready = await client.sessions.waitUntilReady(created.id, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(openDeadlineMs)]),
    onProgress,
  });
  output.line(ready.url);
  if (options.browser && context.stdout.isTTY) openBrowser(ready.url);
  output.result({ session: ready.id, url: ready.url });
}

function describe({ state, position, progress }: Session): string {
  if (position !== null)
    return `${progress?.message ?? 'Waiting for a free container.'} Number ${position} in the queue.`;
  return progress ? progress.message : `The session is ${state}.`;
}
