/** `joh signup`, `joh login`, `joh logout`. */
import { signInByBrowser } from '@joh/client/browser-sign-in';
import { accountName, fault, type SignedIn } from '@joh/protocol';
import type { Command } from 'commander';
import { openBrowser } from '../browser.ts';
import type { Context } from '../context.ts';
import { passwordFromInput, passwordFromPrompt } from '../password.ts';

interface Options {
  email: string;
  name: string;
  passwordStdin?: true;
}

/** Adds the commands of accounts. */
export function addAccountCommands(program: Command, withContext: WithContext): void {
  program
    .command('signup')
    .description('create an account and sign in')
    .requiredOption('--email <e-mail>')
    .requiredOption('--name <name>', 'the owner part of your repositories')
    .option('--password-stdin', 'read the password from standard input')
    .action((options: Options) =>
      withContext(async (context) => {
        if (!accountName.safeParse(options.name).success) {
          throw fault('E_REQUEST_INVALID', { reason: `name: ${nameRule}` });
        }
        const password = await readPassword(context, options);
        signedIn(
          context,
          await context.client.signUp({ email: options.email, name: options.name, password }),
        );
      }),
    );
  program
    .command('login')
    .description('sign in: by the browser, or with a password')
    .option('--email <e-mail>', 'sign in with this address and a password')
    .option('--password-stdin', 'read the password from standard input')
    .action((options: Partial<Options>) =>
      withContext(async (context) => {
        const { email } = options;
        if (email === undefined) {
          signedIn(context, await byBrowser(context));
          return;
        }
        const password = await readPassword(context, options);
        signedIn(context, await context.client.signIn({ email, password }));
      }),
    );
  program
    .command('logout')
    .description('sign out; closes your sessions')
    .action(() =>
      withContext(async (context) => {
        await context.client.signOut();
        context.configuration.forget();
        context.output.line('Signed out.');
        context.output.result({});
      }),
    );
}

/** Gives a command its context and turns a failure into an exit code. */
export type WithContext = (work: (context: Context) => Promise<void>) => Promise<void>;

const nameRule = 'use 1 to 39 lower-case letters, digits and single hyphens';

function byBrowser(context: Context): Promise<SignedIn> {
  const { client, clock, random, signal, configuration, output, stdout } = context;
  return signInByBrowser({
    ...{ client, clock, random, signal, url: configuration.url, program: 'joh' },
    open: (address) => {
      output.progress(`Allow it in the browser of this computer:\n  ${address}`);
      if (stdout.isTTY) openBrowser(address);
    },
  });
}

function readPassword(context: Context, { passwordStdin }: Partial<Options>): Promise<string> {
  if (passwordStdin) return passwordFromInput(context.stdin);
  return passwordFromPrompt(context.stdin, context.stderr, 'Password: ');
}

function signedIn({ configuration, output }: Context, { account, token }: SignedIn): void {
  configuration.keep(account.email, token);
  output.line(`Signed in as ${account.name} at ${configuration.url}.`);
  output.result({ account });
}
