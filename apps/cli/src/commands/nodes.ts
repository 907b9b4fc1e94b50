/** `joh nodes`, `joh node join|drain|return|remove`. */
import { fault, type Node } from '@joh/protocol';
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';
import { awaitNode } from './node-arrival.ts';
import { gibibytes } from './quantities.ts';

/** Adds the commands of compute nodes. */
export function addNodeCommands(program: Command, withContext: WithContext): void {
  program
    .command('nodes')
    .description('list the compute nodes and their containers')
    .action(() =>
      withContext(async ({ client, output }) => {
        const { nodes } = await client.nodes();
        for (const row of table(nodes.map(rowOf))) output.line(row);
        output.result({ nodes });
      }),
    );
  const node = program.command('node').description('join, drain, return or remove a compute node');
  node
    .command('join <name>')
    .description(
      'make a machine a compute node: prints the command to paste on it, and waits for it',
    )
    .requiredOption('--host <address>', 'where FrontendMaster reaches its Docker daemon')
    .option('--port <port>', 'of its Docker daemon', '2376')
    .option('--label <key=value>', 'may be given several times', collect, [])
    .option('--no-wait', 'print the command and end')
    .action((name: string, options: JoinOptions) =>
      withContext((context) => join(context, name, options)),
    );
  node
    .command('drain <name>')
    .description('take a node out of service: its sessions go on, nothing new is started')
    .action((name: string) =>
      withContext(async ({ client, output }) =>
        show(output, await client.operator.drainNode(name)),
      ),
    );
  node
    .command('return <name>')
    .description('put a node back into service, also one in quarantine')
    .action((name: string) =>
      withContext(async ({ client, output }) =>
        show(output, await client.operator.returnNode(name)),
      ),
    );
  node
    .command('remove <name>')
    .description('a drained node is none any more')
    .action((name: string) =>
      withContext(async ({ client, output }) => {
        await client.operator.removeNode(name);
        output.line(`${name} is removed. Its Docker daemon goes on and is yours.`);
        output.result({ node: name });
      }),
    );
}

interface JoinOptions {
  host: string;
  port: string;
  label: string[];
  wait: boolean;
}

async function join(context: Context, name: string, options: JoinOptions): Promise<void> {
  const { client, output } = context;
  const port = Number(options.port);
  if (!Number.isInteger(port)) throw fault('E_REQUEST_INVALID', { reason: '--port: use a number' });
  const before = (await client.nodes()).nodes.find(({ id }) => id === name);
  const created = await client.operator.joinNode({
    ...{ name: name as Node['id'], host: options.host, port },
    labels: Object.fromEntries(options.label.map(labelOf)),
  });
  const until = created.expiresAt.slice(11, 16);
  output.progress(`Paste this on ${options.host}, as root, until ${until} UTC:\n`);
  // For `… --no-wait | ssh root@<host> sh` the command alone is on standard output.
  if (!options.wait) {
    output.line(created.command);
    output.result({ ...created });
    return;
  }
  output.progress(created.command);
  const wait = {
    joinedBefore: before?.joinedAt ?? null,
    until: Date.parse(created.expiresAt),
  };
  show(output, await awaitNode(context, name, wait));
}

function show(output: Context['output'], node: Node): void {
  for (const row of table([rowOf(node)])) output.line(row);
  output.result({ node });
}

function rowOf(node: Node): string[] {
  const { id, name, engine, state, cores, memoryBytes, containers, labels, reason } = node;
  const count = (wanted: string) => containers.filter((one) => one.state === wanted).length;
  return [
    ...[
      name === id ? id : `${id} (${name})`,
      engine,
      state,
      `${cores} cores`,
      `${gibibytes(memoryBytes)} GiB`,
    ],
    ...[`${count('warm')} warm`, `${count('claimed')} claimed`],
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
    reason ?? '',
  ];
}

function collect(value: string, before: string[]): string[] {
  return [...before, value];
}

function labelOf(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw fault('E_REQUEST_INVALID', { reason: '--label: use <key>=<value>' });
  return [text.slice(0, at), text.slice(at + 1)];
}
