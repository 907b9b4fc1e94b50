/** Real git, over real HTTP with a password, as the working copy of a session has it. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock, systemRandom } from '@joh/clock';
import { type Prepare, prepare } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prepareWorkingCopy } from './clone.ts';
import { createGit, type Git } from './git.ts';
import { watchRepository } from './repository-watch.ts';
import { createSourceControl, type SourceControl } from './source-control.ts';

const random = systemRandom();
let folder: TemporaryFolder;
let server: Server;
let password: string;
let git: Git;
let env: Record<string, string>;
const at = (...names: string[]) => join(folder.path, ...names);

beforeEach(async () => {
  folder = await temporaryFolder('source-control');
  mkdirSync(at('home'));
  mkdirSync(at('run'), { mode: 0o700 });
  env = { PATH: process.env.PATH ?? '', HOME: at('home') };
  git = createGit(env);
  password = 'first-token';
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', at('git/ada/blinky.git')], { env });
  execFileSync('git', ['-C', at('git/ada/blinky.git'), 'config', 'http.receivepack', 'true']);
  server = createServer((request, response) => serveGit(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder.remove();
});

/** git-http-backend(1) behind basic authentication. */
function serveGit(request: IncomingMessage, response: ServerResponse): void {
  const wanted = `Basic ${Buffer.from(`session:${password}`).toString('base64')}`;
  if (request.headers.authorization !== wanted) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], {
    env: {
      ...env,
      GIT_PROJECT_ROOT: folder.path,
      GIT_HTTP_EXPORT_ALL: '1',
      REMOTE_USER: 'session',
      REQUEST_METHOD: request.method ?? '',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    for (const line of output.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  });
}

function given(changes: Partial<Prepare> = {}): Prepare {
  const { port } = server.address() as AddressInfo;
  return prepare.parse({
    session: 'session_0123456789abcdef',
    epoch: 1,
    user: { id: 'user-1', name: 'ada', email: 'ada@example.org' },
    project: { owner: 'ada', name: 'blinky', board: null },
    cloneUrl: `http://127.0.0.1:${port}/git/ada/blinky.git`,
    gitToken: password,
    ticketKey: 'AAAA',
    ...changes,
  });
}

const clone = (what = given()) =>
  prepareWorkingCopy(what, {
    git,
    random,
    work: at('work'),
    runtime: at('run'),
    onProgress: () => undefined,
    signal: new AbortController().signal,
  });

async function started(): Promise<{ root: string; control: SourceControl }> {
  const root = await clone();
  const control = createSourceControl({ git, root });
  writeFileSync(join(root, 'top.v'), 'module top; endmodule\n');
  await control.commit('first', true);
  await control.push();
  return { root, control };
}

describe('working copy', { timeout: 60_000 }, () => {
  it('clones an empty repository, commits as the user, and pushes without a question', async () => {
    const { root, control } = await started();
    expect(await control.status()).toMatchObject({
      branch: 'main',
      upstream: 'origin/main',
      ahead: 0,
      files: [],
      operation: null,
    });
    // The user's own git in a terminal, with nobody to ask.
    writeFileSync(join(root, 'more.v'), 'x\n');
    const own = async (...args: string[]) =>
      (await promisify(execFile)('git', ['-C', root, ...args], { env, timeout: 20_000 })).stdout;
    await own('add', '.');
    await own('commit', '-q', '-m', 'by hand');
    await own('push', '-q');
    expect(await own('log', '-1', '--format=%an <%ae>')).toBe('ada <ada@example.org>\n');
    expect(await own('remote', '-v')).not.toContain('token');
    expect(readFileSync(join(root, '.git/config'), 'utf8')).not.toContain('first-token');
    expect(statSync(at('run/git-credential')).mode & 0o777).toBe(0o600);
  });

  it('goes on with a new token, and says why an old one fails', async () => {
    const { root, control } = await started();
    password = 'second-token';
    writeFileSync(join(root, 'more.v'), 'x\n');
    await control.commit('more', true);
    await expect(control.push()).rejects.toMatchObject({ code: 'E_SOURCE_CONTROL_FAILED' });
    expect(await clone(given({ epoch: 2 }))).toBe(root);
    await control.push();
    expect((await control.status()).ahead).toBe(0);
  });

  it('leaves nothing half cloned, and says what git said', async () => {
    const missing = given().cloneUrl.replace('blinky', 'missing');
    await expect(clone(given({ cloneUrl: missing }))).rejects.toMatchObject({
      code: 'E_SESSION_PREPARE_FAILED',
      message: expect.stringContaining('not found'),
    });
    expect(readdirSync(at('work'))).toEqual([]);
    await expect(clone(given({ gitToken: 'wrong' }))).rejects.toMatchObject({
      code: 'E_SESSION_PREPARE_FAILED',
    });
  });

  it('stages, unstages, discards, and gives originals', async () => {
    const { root, control } = await started();
    const path = join(root, 'top.v');
    const odd = join(root, 'ein [*] :(top) ü.v');
    writeFileSync(path, 'changed\n');
    writeFileSync(odd, 'new\n');
    await control.stage([odd]);
    expect((await control.status()).files).toEqual([
      { path: odd, index: 'A', worktree: null, from: null },
      { path, index: null, worktree: 'M', from: null },
    ]);
    expect(await control.original(path, 'HEAD')).toBe('module top; endmodule\n');
    expect(await control.original(odd, '')).toBe('new\n');
    expect(await control.original(odd, 'HEAD')).toBeNull();
    await expect(control.original(path, '--output=x')).rejects.toMatchObject({
      code: 'E_REQUEST_INVALID',
    });
    await control.unstage([odd]);
    await control.discard([path, odd]);
    expect((await control.status()).files).toEqual([]);
    expect(readdirSync(root).sort()).toEqual(['.git', 'top.v']);
    await expect(control.commit('nothing', true)).rejects.toMatchObject({
      code: 'E_SOURCE_CONTROL_FAILED',
      message: expect.stringContaining('nothing to commit'),
    });
    await expect(control.stage([at('elsewhere')])).rejects.toMatchObject({
      code: 'E_SOURCE_CONTROL_FAILED',
    });
  });

  it('pulls, and names a conflict and the merge it is in', async () => {
    const { root, control } = await started();
    const other = at('other');
    const own = (...args: string[]) => execFileSync('git', ['-C', other, ...args], { env });
    execFileSync('git', ['clone', '-q', at('git/ada/blinky.git'), other], { env });
    own('config', 'user.name', 'b');
    own('config', 'user.email', 'b@example.org');
    writeFileSync(join(other, 'top.v'), 'theirs\n');
    own('commit', '-qam', 'theirs');
    own('push', '-q');
    await control.pull();
    expect(readFileSync(join(root, 'top.v'), 'utf8')).toBe('theirs\n');
    writeFileSync(join(other, 'top.v'), 'theirs again\n');
    own('commit', '-qam', 'theirs again');
    own('push', '-q');
    writeFileSync(join(root, 'top.v'), 'mine\n');
    await control.commit('mine', true);
    await expect(control.push()).rejects.toMatchObject({ code: 'E_SOURCE_CONTROL_FAILED' });
    await expect(control.pull()).rejects.toMatchObject({
      message: expect.stringContaining('CONFLICT'),
    });
    const status = await control.status();
    expect(status.operation).toBe('merging');
    expect(status.files).toMatchObject([{ index: 'U', worktree: 'U' }]);
  });

  it('tells of commits and edits, and is not woken by its own status', async () => {
    const { root, control } = await started();
    let changes = 0;
    const stop = watchRepository({
      root,
      clock: systemClock(),
      onChanged: () => {
        changes += 1;
      },
    });
    try {
      await waitFor(() => {
        writeFileSync(join(root, 'edit.v'), String(changes));
        return changes > 0;
      });
      await control.stage([join(root, 'edit.v')]);
      const before = changes;
      await waitFor(() => changes > before);
      // Quiet again, then a few statuses: none of them may be a change.
      let quiet = changes;
      const clock = systemClock();
      do {
        quiet = changes;
        await clock.sleep(700);
      } while (quiet !== changes);
      for (let index = 0; index < 3; index += 1) await control.status();
      await clock.sleep(700);
      expect(changes).toBe(quiet);
    } finally {
      stop();
    }
  });
});
