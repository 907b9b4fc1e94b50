/** `joh-nix-cache`: the cache alone. The only place here that reads the real clock. */
import { readFileSync } from 'node:fs';
import { systemClock, systemRandom } from '@joh/clock';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { FolderBusy } from './folder-lock.ts';
import { type ServeOptions, serveAlone } from './standalone.ts';
import * as verbs from './verbs.ts';

const tools = { clock: systemClock(), random: systemRandom() };
const print = (lines: string | string[]): void => {
  process.stdout.write(
    [lines]
      .flat()
      .map((line) => `${line}\n`)
      .join(''),
  );
};

const program = new Command('joh-nix-cache')
  .description('A Nix binary cache server: a namespace for each writer over a common base.')
  .requiredOption('--data <folder>', 'where everything is kept')
  .option('--base <namespace>', 'the namespace that lies under all others', 'base')
  .option('--key-name <name>', 'what names of signing keys start with; keep it', 'joh-nix-cache')
  .exitOverride();
const ground = () => ({ ...tools, ...program.opts<verbs.GroundOptions>() });

program
  .command('serve', { isDefault: true })
  .description('serve the cache (the default)')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--port <port>', 'port to listen on; 0 takes a free one', number, 5000)
  .option('--public', 'the base can be read without a token')
  .option('--upstream <url>', 'another cache to fetch from what this one has not')
  .option('--upstream-key <key...>', 'public keys that the upstream is trusted by')
  .option('--keep-days <days>', 'forget paths that were not used for so long', number, 90)
  .option('--base-keep-days <days>', 'the same for the base; without it the base keeps all', number)
  .option('--quota-gb <gigabytes>', 'of each namespace without a quota of its own', number, 20)
  .action(async (options: ServeOptions) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    await serveAlone({ ...ground(), ...options, print, stop: stop.signal });
  });

const token = program.command('token').description('what clients show, in their netrc file');
token
  .command('add <namespace>')
  .description('print a new token; `*` opens every namespace')
  .option('--write', 'it may upload too')
  .option('--label <text>', 'whose it is', '')
  .action((namespace: string, options: { write?: boolean; label: string }) =>
    print(verbs.tokenAdd(ground(), namespace, options)),
  );
token
  .command('list')
  .description('id, namespace, access and label of each')
  .action(() => print(verbs.tokenList(ground())));
token
  .command('remove <id>')
  .description('it stops working within seconds')
  .action((id: string) => print(verbs.tokenRemove(ground(), id)));

const key = program.command('key').description('what signs paths; each namespace has its own');
key
  .command('list [namespace]')
  .description('public keys, for trusted-public-keys')
  .action((namespace = 'base') => print(verbs.keyList(ground(), namespace)));
key
  .command('add <namespace>')
  .description('one more key, new or your own; paths get its signature too')
  .option('--secret-key-file <file>', 'as `nix key generate-secret` makes it')
  .action((namespace: string, { secretKeyFile }: { secretKeyFile?: string }) => {
    const secret = secretKeyFile === undefined ? undefined : readFileSync(secretKeyFile, 'utf8');
    print(verbs.keyAdd(ground(), namespace, secret));
  });
key
  .command('retire <namespace> <name>')
  .description('it signs no more')
  .action((namespace: string, name: string) => print(verbs.keyRetire(ground(), namespace, name)));

const root = program.command('root').description('paths that are never forgotten');
root
  .command('add <namespace> <path...>')
  .description('keep these paths and all that they need')
  .action((namespace: string, paths: string[]) => print(verbs.rootAdd(ground(), namespace, paths)));
root
  .command('list <namespace>')
  .action((namespace: string) => print(verbs.rootList(ground(), namespace)));
root
  .command('remove <namespace> <path...>')
  .action((namespace: string, paths: string[]) =>
    print(verbs.rootRemove(ground(), namespace, paths)),
  );

program
  .command('quota <namespace> <gigabytes>')
  .description('what a namespace may have')
  .action((namespace: string, gigabytes: string) =>
    print(verbs.quotaSet(ground(), namespace, number(gigabytes))),
  );
program
  .command('usage')
  .description('paths and bytes of each namespace')
  .action(() => print(verbs.usage(ground())));

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else {
    process.stderr.write(
      `joh-nix-cache: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exitCode = error instanceof FolderBusy ? 75 : 1;
  }
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It is not a number.');
  return value;
}
