/** `joh nodes`, `joh pool`. */
import type { Command } from 'commander';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';

/** Adds the commands that show the compute nodes. */
export function addNodeCommands(program: Command, withContext: WithContext): void {
  program
    .command('nodes')
    .description('list the compute nodes and their containers')
    .action(() =>
      withContext(async ({ client, output }) => {
        const { nodes } = await client.nodes();
        const rows = nodes.map(
          ({ name, engine, state, cores, memoryBytes, containers, reason }) => [
            name,
            engine,
            state,
            `${cores} cores`,
            `${gibibytes(memoryBytes)} GiB`,
            `${containers.filter((container) => container.state === 'warm').length} warm`,
            `${containers.filter((container) => container.state === 'claimed').length} claimed`,
            reason ?? '',
          ],
        );
        for (const row of table(rows)) output.line(row);
        output.result({ nodes });
      }),
    );
  program
    .command('pool')
    .description('show how many containers are warm, starting and claimed')
    .action(() =>
      withContext(async ({ client, output }) => {
        const pool = await client.pool();
        const rows = pool.classes.map(
          ({ class: size, resources, wantedWarm, warm, starting, claimed }) => [
            size,
            `${resources.cores} cores`,
            `${gibibytes(resources.memoryBytes)} GiB`,
            `${warm} of ${wantedWarm} warm`,
            `${starting} starting`,
            `${claimed} claimed`,
          ],
        );
        for (const row of table(rows)) output.line(row);
        if (pool.queue > 0) output.line(`${pool.queue} waiting`);
        if (pool.problem) output.line(pool.problem);
        output.result({ pool });
      }),
    );
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1).replace(/\.0$/, '');
}
