/** `joh events`: what the pool decided, and why. */
import type { NodeEvent } from '@joh/protocol';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import type { WithContext } from './accounts.ts';

const followMs = 1_000;

/** Adds `joh events`. */
export function addEventCommand(program: Command, withContext: WithContext): void {
  program
    .command('events')
    .description('show what the pool decided and why, the newest last')
    .option('--follow', 'go on until Ctrl+C; with --json one object a line')
    .option('--node <name>', 'of this node alone')
    .action((options: { follow?: boolean; node?: string }) =>
      withContext((context) => showEvents(context, options)),
    );
}

async function showEvents(
  { client, output, clock, signal }: Context,
  { follow, node }: { follow?: boolean; node?: string },
): Promise<void> {
  const isWanted = (event: NodeEvent) => node === undefined || event.node === node;
  let { events, lastEvent } = await client.operator.rack();
  for (;;) {
    const wanted = events.filter(isWanted);
    for (const event of wanted)
      output.line(`${event.at.slice(0, 19).replace('T', ' ')}  ${event.sentence}`);
    if (!follow) {
      output.result({ events: wanted });
      return;
    }
    for (const event of wanted) output.result({ ...event });
    // An end with Ctrl+C is what was asked for.
    const ended = await clock.sleep(followMs, signal).then(
      () => false,
      () => true,
    );
    if (ended) return;
    ({ events, lastEvent } = await client.operator.rack(lastEvent));
  }
}
