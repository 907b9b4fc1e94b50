/** The user's account at a FrontendMaster: signing in, projects, and clones that push to it. */
import { lstat, mkdir, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { createFrontendClient, type FrontendClient } from '@joh/client';
import { signInByBrowser } from '@joh/client/browser-sign-in';
import type { Clock, Random } from '@joh/clock';
import { type CloudState, type DesktopParams, fault, isFault, type Project } from '@joh/protocol';
import { z } from 'zod';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { keepSecret } from '#workspace';
import { readJson, writeJson } from './state-files.ts';

const kept = z.object({
  url: z.string(),
  account: z.string().nullable(),
  /** Null: signed out. */
  token: z.string().nullable(),
});
type Kept = z.infer<typeof kept>;

export interface DesktopCloud {
  state(): CloudState;
  /** `open` shows an address in the system's browser. */
  signIn(url: string, open: (address: string) => Promise<unknown>): Promise<CloudState>;
  signOut(): Promise<CloudState>;
  projects(): Promise<Project[]>;
  /** The folder of the clone. */
  clone(params: DesktopParams<'clone'>): Promise<string>;
  /**
   * With the kept sign-in. Throws `E_ACCOUNT_SIGNED_OUT`, also when FrontendMaster has ended it, and
   * `E_FRONTEND_OTHER_VERSION` when its answers cannot be read.
   */
  use<T>(work: (client: FrontendClient, url: string) => Promise<T>): Promise<T>;
  /** The kept sign-in itself; it leaves this process for that address alone. Throws `E_ACCOUNT_SIGNED_OUT`. */
  access(): { url: string; token: string };
}

export async function createCloud(options: {
  /** Folder of the application's files. */
  data: string;
  home: string;
  env: Record<string, string>;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
}): Promise<DesktopCloud> {
  const { data, clock, random, signal } = options;
  const file = join(data, 'cloud.json');
  const gitFile = join(data, 'cloud.gitconfig');
  const found = kept.safeParse(await readJson(file));
  let now: Kept | null = found.success ? found.data : null;
  const state = (): CloudState => ({ url: now?.url ?? null, account: now?.account ?? null });
  const clientAt = (url: string, token: string | null) =>
    createFrontendClient({ url, token, clock, fetch: (at, init) => fetch(at, init) });
  const keep = async (next: Kept) => {
    now = next;
    await writeJson(file, next);
    // Clones include this file: a sign-out ends their pushes, the next sign-in lets them go on.
    if (next.token === null) await rm(gitFile, { force: true });
    else await keepSecret(gitFile, gitSettings(next.url, next.token));
    return state();
  };
  const access = () => {
    if (!now?.token) throw fault('E_ACCOUNT_SIGNED_OUT');
    return { url: now.url, token: now.token };
  };
  /** A sign-in that FrontendMaster does not know any more is none. */
  const use: DesktopCloud['use'] = async (work) => {
    const { url, token } = access();
    try {
      return await work(clientAt(url, token), url);
    } catch (error) {
      if (isFault(error, 'E_ACCOUNT_SIGNED_OUT') && now?.token === token)
        await keep({ url, token: null, account: null });
      // An answer that is none of the contract comes of another one.
      if (isFault(error, 'E_INTERNAL') && error.cause instanceof z.ZodError)
        throw fault('E_FRONTEND_OTHER_VERSION', { url }, { cause: error });
      throw error;
    }
  };
  return {
    state,
    signIn: async (address, open) => {
      const url = frontendAt(address);
      const failed = new AbortController();
      const { account, token } = await signInByBrowser({
        client: clientAt(url, null),
        url,
        program: 'joh-desktop',
        open: (page) => void open(page).catch((error: unknown) => failed.abort(error)),
        clock,
        random,
        signal: AbortSignal.any([signal, failed.signal]),
      });
      return keep({ url, account: account.name, token });
    },
    signOut: async () => {
      if (!now) return state();
      // FrontendMaster may be away; here it ends all the same.
      if (now.token)
        await clientAt(now.url, now.token)
          .signOut()
          .catch(() => undefined);
      return keep({ ...now, token: null, account: null });
    },
    use,
    access,
    projects: () => use(async (client) => (await client.projects.list()).projects),
    clone: ({ owner, name, into }) =>
      use(async (client, url) => {
        const project = await client.projects.get(owner, name);
        // The token goes to this address alone, whatever the answer names.
        const from = `${url}/git/${project.owner}/${project.name}.git`;
        const target = join(placeOf(into, options.home), name);
        await cloneInto({ ...options, from, target, gitFile });
        return target;
      }),
  };
}

/** An origin; in clear only on this computer. Throws `E_REQUEST_INVALID`. */
export function frontendAt(address: string): string {
  const refused = (reason: string) => fault('E_REQUEST_INVALID', { reason });
  const url = URL.parse(address.includes('://') ? address : `https://${address}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw refused('the address is not one of a site');
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !isHere) throw refused('the address must begin with https://');
  return url.origin;
}

function placeOf(into: string, home: string): string {
  const path = into === '~' || into.startsWith('~/') ? join(home, into.slice(1)) : into;
  if (!isAbsolute(path)) throw fault('E_FOLDER_UNKNOWN', { path: into });
  return path;
}

/** For git's HTTP to this one address (git-config(1), http.<url>.*). */
function gitSettings(url: string, token: string): string {
  return `[http "${url}/"]\n\textraHeader = Authorization: Bearer ${token}\n\tfollowRedirects = false\n`;
}

/** Whole or not at all. Throws `E_FILE_EXISTS`, `E_SOURCE_CONTROL_FAILED`. */
async function cloneInto(options: {
  from: string;
  target: string;
  gitFile: string;
  env: Record<string, string>;
  signal: AbortSignal;
}): Promise<void> {
  const { from, target, gitFile, env, signal } = options;
  if (await lstat(target).catch(() => null)) throw fault('E_FILE_EXISTS', { path: target });
  await mkdir(dirname(target), { recursive: true });
  const argv = ['git', 'clone', '-q', '-c', `include.path=${gitFile}`, '--', from, target] as const;
  const failed = async (reason: string) => {
    await rm(target, { recursive: true, force: true });
    return fault('E_SOURCE_CONTROL_FAILED', { reason });
  };
  const ended = await runToEnd([...argv], {
    cwd: dirname(target),
    env: { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C.UTF-8' },
    deadlineMs: limits.cloneMs,
    outputBytesMax: limits.gitOutputBytesMax,
    signal,
  }).catch(async (error: unknown) => {
    throw await failed(error instanceof Error ? error.message : String(error));
  });
  if (ended.exitCode !== 0) throw await failed(ended.stderr.trim().slice(0, 600));
}
