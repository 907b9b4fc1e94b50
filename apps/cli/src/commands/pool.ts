/** `joh pool`, `joh pool set`. */
import { fault, type Pool, type PoolWish, poolWish } from '@joh/protocol';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';
import { gibibytes } from './quantities.ts';

/** Adds the commands of the pool. */
export function addPoolCommands(program: Command, withContext: WithContext): void {
  const pool = program
    .command('pool')
    .description('show how many containers are warm, starting and claimed')
    .action(() => withContext(async ({ client, output }) => show(output, await client.pool())));
  pool
    .command('set [classes...]')
    .description('what is wanted on each node, e.g. standard=13/13 burst=4/20, or standard=auto')
    .option('--node <name>', 'of this node alone')
    .option(
      '--image <image>',
      'of new containers; auto: the one that FrontendMaster was started with',
    )
    .option('--refill <count>', 'containers made on one node a minute, at most')
    .action((classes: string[], options: SetOptions) =>
      withContext(async ({ client, output }) => {
        const { wish } = await client.pool();
        if (!wish) throw fault('E_ACCOUNT_NOT_OPERATOR');
        show(output, await client.operator.wishPool(changedWish(wish, classes, options)));
      }),
    );
}

interface SetOptions {
  node?: string;
  image?: string;
  refill?: string;
}

/**
 * The wish with what was named on the command line in it; the rest stays. Pure.
 * @throws E_REQUEST_INVALID
 */
export function changedWish(
  wish: PoolWish,
  classes: readonly string[],
  { node, image, refill }: SetOptions,
): PoolWish {
  const nodes = wish.nodes as Record<string, PoolWish['classes']>;
  const before = node === undefined ? wish.classes : (nodes[node] ?? {});
  const after = { ...before };
  for (const text of classes) {
    const [, kind, warm, max] = /^(standard|burst)=(?:auto|(\d{1,3})\/(\d{1,3}))$/.exec(text) ?? [];
    if (kind !== 'standard' && kind !== 'burst') {
      const reason = `${text}: use <class>=<warm>/<most> or <class>=auto, e.g. standard=13/13`;
      throw fault('E_REQUEST_INVALID', { reason });
    }
    if (warm === undefined) delete after[kind];
    else after[kind] = { warm: Number(warm), max: Number(max) };
  }
  const own = { ...nodes };
  if (node !== undefined) {
    if (Object.keys(after).length > 0) own[node] = after;
    else delete own[node];
  }
  const changed = poolWish.safeParse({
    classes: node === undefined ? after : wish.classes,
    nodes: own,
    image: image === undefined ? wish.image : image === 'auto' ? null : image,
    refillPerMinute: refill === undefined ? wish.refillPerMinute : Number(refill),
  });
  if (changed.success) return changed.data;
  const issue = changed.error.issues[0];
  throw fault('E_REQUEST_INVALID', { reason: `${issue?.path.join('.')}: ${issue?.message}` });
}

function show(output: Context['output'], pool: Pool): void {
  const rows = pool.classes.map(
    ({ class: size, resources, wantedWarm, warm, starting, claimed, free }) => [
      ...[size, `${resources.cores} cores`, `${gibibytes(resources.memoryBytes)} GiB`],
      ...[`${warm} warm`, `${wantedWarm} wanted a node`, `${starting} starting`],
      ...[`${claimed} claimed`, `${free} places free`],
    ],
  );
  for (const row of table(rows)) output.line(row);
  if (pool.queue > 0) output.line(`${pool.queue} waiting`);
  if (pool.image.state !== 'steady') output.line(pool.image.sentence);
  if (pool.problem) output.line(pool.problem);
  output.result({ pool });
}
