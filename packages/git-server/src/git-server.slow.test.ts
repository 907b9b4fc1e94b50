import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { fault } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { runGit } from './git-process.ts';
import { createGitServer, type GitGrant } from './git-server.ts';

const deadline = () => AbortSignal.timeout(60_000);

/** Stock git, as a user runs it; `url` may carry the password. */
function git(cwd: string, ...args: string[]) {
  const child = spawn('git', args, {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOME: cwd,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.org',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.org',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const done = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number, text }));
  return { child, done };
}
async function run(cwd: string, ...args: string[]): Promise<string> {
  const { exitCode, text } = await git(cwd, ...args).done;
  expect({ exitCode, text }).toMatchObject({ exitCode: 0 });
  return text;
}
async function fail(cwd: string, ...args: string[]): Promise<string> {
  const { exitCode, text } = await git(cwd, ...args).done;
  expect(exitCode).not.toBe(0);
  return text;
}

describe('git server with stock git', () => {
  let folder: TemporaryFolder;
  let root: string;
  let server: Server;
  let outcomes: string[];
  let errors: unknown[];
  let hold: AbortController;
  const address = (userinfo = 'ada:right@', project = 'ada/blinky') =>
    `http://${userinfo}127.0.0.1:${(server.address() as AddressInfo).port}/git/${project}.git`;

  beforeEach(async () => {
    folder = await temporaryFolder('joh-git');
    root = join(folder.path, 'repositories');
    await mkdir(root);
    await runGit({
      args: ['init', '--bare', '-q', '-b', 'main', 'p1.git'],
      cwd: root,
      signal: deadline(),
    });
    outcomes = [];
    errors = [];
    hold = new AbortController();
    const gitServer = createGitServer({
      root,
      clock: systemClock(),
      onError: (error) => errors.push(error),
      limits: { pushBytesMax: 80 * 1024 * 1024, gitRequestDeadlineMs: 60_000, gitRequestsMax: 8 },
      async authorize(request, wanted) {
        const [login, password] = Buffer.from(
          request.headers.authorization?.slice(6) ?? '',
          'base64',
        )
          .toString()
          .split(':');
        if (!login) return fault('E_ACCOUNT_SIGNED_OUT');
        if (password !== 'right') return fault('E_ACCOUNT_PASSWORD_WRONG');
        if (`${wanted.owner}/${wanted.project}` !== 'ada/blinky') {
          return fault('E_REPOSITORY_REFUSED', { project: wanted.project });
        }
        const grant: GitGrant = {
          user: login,
          repository: 'p1.git',
          done: (one) => outcomes.push(one),
        };
        if (login === 'session') return { ...grant, signal: hold.signal };
        return { ...grant, hiddenRefs: ['refs/snapshots/'] };
      },
    });
    server = createServer((request, response) => void gitServer.handle(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await folder.remove();
  });

  const makeClone = async (name = 'work', url = address()) => {
    await run(folder.path, 'clone', '-q', url, name);
    return join(folder.path, name);
  };
  const commit = async (clone: string, file: string, content: string | Uint8Array) => {
    await writeFile(join(clone, file), content);
    await run(clone, 'add', file);
    await run(clone, 'commit', '-q', '-m', `add ${file}`);
  };
  const isConsistent = () =>
    runGit({ args: ['fsck', '--strict'], cwd: join(root, 'p1.git'), signal: deadline() });
  const hasGit = () =>
    readdirSync('/proc')
      .filter((pid) => /^\d+$/.test(pid))
      .some((pid) => {
        try {
          const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
          return environment.includes(`GIT_PROJECT_ROOT=${root}`);
        } catch {
          return false;
        }
      });

  it('clones, pushes, fetches, clones shallowly and replaces history', async () => {
    const work = await makeClone();
    await commit(work, 'top.v', 'module top; endmodule\n');
    await commit(work, 'b.v', 'module b; endmodule\n');
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    const other = await makeClone('other');
    expect(readFileSync(join(other, 'top.v'), 'utf8')).toContain('module top');
    await commit(other, 'c.v', 'module c; endmodule\n');
    await run(other, 'push', '-q', 'origin', 'HEAD:main');
    await run(work, 'pull', '-q', '--ff-only', 'origin', 'main');
    expect(existsSync(join(work, 'c.v'))).toBe(true);
    await run(folder.path, 'clone', '-q', '--depth=1', address(), 'shallow');
    expect((await run(join(folder.path, 'shallow'), 'rev-list', '--count', 'HEAD')).trim()).toBe(
      '1',
    );
    await run(work, 'commit', '-q', '--amend', '-m', 'other');
    await run(work, 'push', '-q', '--force', 'origin', 'HEAD:main');
    await isConsistent();
    expect(errors).toEqual([]);
  });

  it('speaks protocol version 2', async () => {
    const url = `${address('')}/info/refs?service=git-upload-pack`;
    const authorization = `Basic ${Buffer.from('ada:right').toString('base64')}`;
    const response = await fetch(url, { headers: { authorization, 'git-protocol': 'version=2' } });
    expect(response.headers.get('content-type')).toBe(
      'application/x-git-upload-pack-advertisement',
    );
    expect(response.headers.get('cache-control')).toContain('no-cache');
    expect(await response.text()).toContain('version 2');
  });

  it('unpacks compressed requests: a fetch that names many commits', async () => {
    const work = await makeClone();
    for (let i = 0; i < 40; i += 1) await run(work, 'commit', '-q', '--allow-empty', '-m', `c${i}`);
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    const other = await makeClone('other');
    for (let i = 0; i < 40; i += 1)
      await run(other, 'commit', '-q', '--allow-empty', '-m', `o${i}`);
    await commit(work, 'new.v', 'module n; endmodule\n');
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    await run(other, 'fetch', '-q', 'origin');
    expect(await run(other, 'log', '--oneline', '-1', 'origin/main')).toContain('add new.v');
  });

  it('asks for a password, and refuses a wrong one and a foreign repository in words', async () => {
    const nobody = await fail(folder.path, 'clone', address(''), 'x');
    expect(nobody).toMatch(
      /remote: You are not signed in.*\(E_ACCOUNT_SIGNED_OUT\)|could not read Username/s,
    );
    const wrong = await fail(folder.path, 'clone', address('ada:wrong@'), 'x');
    expect(wrong).toContain('Authentication failed');
    const foreign = await fail(folder.path, 'clone', address('ada:right@', 'bob/secret'), 'x');
    expect(foreign).toContain('remote: This token may not use the repository "secret".');
    expect(foreign).toContain('E_REPOSITORY_REFUSED');
  });

  it('takes a push of 60 MB, and names the limit for a larger one', async () => {
    const work = await makeClone();
    await commit(work, 'large.bin', systemRandomBytes(60));
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    await commit(work, 'larger.bin', systemRandomBytes(81));
    const refused = await fail(work, 'push', 'origin', 'HEAD:main');
    expect(refused).toContain('pack exceeds maximum allowed size (80.00 MiB)');
    expect(refused).toContain('! [remote rejected]');
    await isConsistent();
    const other = await makeClone('other');
    expect(
      readFileSync(join(other, 'large.bin')).equals(readFileSync(join(work, 'large.bin'))),
    ).toBe(true);
    expect(existsSync(join(other, 'larger.bin'))).toBe(false);
  });

  it('refuses a damaged object', async () => {
    const work = await makeClone();
    await commit(work, 'a', 'a');
    const tree = (await run(work, 'rev-parse', 'HEAD^{tree}')).trim();
    const body = `tree ${tree}\nauthor nobody 1 +0000\ncommitter nobody 1 +0000\n\nx\n`;
    await writeFile(join(work, 'object'), body);
    const bad = (
      await run(work, 'hash-object', '-t', 'commit', '-w', '--literally', 'object')
    ).trim();
    expect(await fail(work, 'push', 'origin', `${bad}:refs/heads/bad`)).toMatch(
      /missingEmail|fsck error/,
    );
  });

  it('keeps hidden references from those who may not see them', async () => {
    const work = await makeClone('work', address('session:right@'));
    await commit(work, 'a', 'a');
    await run(work, 'push', '-q', 'origin', 'HEAD:main', 'HEAD:refs/snapshots/s1');
    expect(await run(work, 'ls-remote', 'origin')).toContain('refs/snapshots/s1');
    expect(await run(work, 'ls-remote', address())).not.toContain('refs/snapshots');
    expect(await fail(work, 'push', address(), 'HEAD:refs/snapshots/s2')).toContain(
      'deny updating a hidden ref',
    );
  });

  it('does not delete the default branch', async () => {
    const work = await makeClone();
    await commit(work, 'a', 'a');
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
    expect(await fail(work, 'push', 'origin', ':main')).toContain(
      'deletion of the current branch prohibited',
    );
  });

  it('ends its processes when the client goes away in the middle of a push', async () => {
    const work = await makeClone();
    await commit(work, 'large.bin', systemRandomBytes(40));
    outcomes.length = 0;
    const push = git(work, '-c', 'http.postBuffer=100000', 'push', 'origin', 'HEAD:main');
    await waitFor(hasGit, { what: 'git serves the push', deadlineMs: 10_000 });
    push.child.kill('SIGKILL');
    await push.done;
    await waitFor(() => !hasGit(), { what: 'no process is left', deadlineMs: 10_000 });
    await isConsistent();
    await run(work, 'push', '-q', 'origin', 'HEAD:main');
  });

  it('ends an exchange whose grant is withdrawn', async () => {
    const work = await makeClone('work', address('session:right@'));
    await commit(work, 'large.bin', systemRandomBytes(40));
    const push = git(work, '-c', 'http.postBuffer=100000', 'push', 'origin', 'HEAD:main');
    await waitFor(hasGit, { what: 'git serves the push', deadlineMs: 10_000 });
    hold.abort();
    expect((await push.done).exitCode).not.toBe(0);
    await waitFor(() => !hasGit(), { what: 'no process is left', deadlineMs: 10_000 });
    expect(outcomes).toContain('cut');
    const { text } = await git(work, 'ls-remote', address()).done;
    expect(text).not.toContain('refs/heads/main');
  });
});

const systemRandomBytes = (megabytes: number): Uint8Array =>
  Buffer.concat(Array.from({ length: megabytes * 16 }, () => systemRandom().bytes(65_536)));

describe('git server that is killed', () => {
  it('keeps every acknowledged push and a consistent repository', async () => {
    const folder = await temporaryFolder('joh-git');
    const root = join(folder.path, 'repositories');
    await mkdir(root);
    await runGit({
      args: ['init', '--bare', '-q', '-b', 'main', 'p1.git'],
      cwd: root,
      signal: deadline(),
    });
    const work = join(folder.path, 'work');
    await run(folder.path, 'init', '-q', '-b', 'main', work);
    const acknowledged: string[] = [];
    const servers: ChildProcess[] = [];
    onTestFinished(async () => {
      for (const one of servers) one.kill('SIGKILL');
      await folder.remove();
    });
    for (let round = 0; round < 3; round += 1) {
      const { process: server, url } = await startServer(root);
      servers.push(server);
      const ended = once(server, 'exit');
      await writeFile(join(work, `small${round}`), `${round}`);
      await run(work, 'add', '.');
      await run(work, 'commit', '-q', '-m', `small ${round}`);
      await run(work, 'push', '-q', url, `HEAD:refs/heads/small${round}`);
      acknowledged.push((await run(work, 'rev-parse', 'HEAD')).trim());
      await writeFile(join(work, 'large.bin'), systemRandomBytes(20));
      await run(work, 'add', '.');
      await run(work, 'commit', '-q', '-m', `large ${round}`);
      const push = git(work, '-c', 'http.postBuffer=100000', 'push', url, 'HEAD:refs/heads/large');
      // Dies while the pack arrives, at another place each round.
      await waitFor(() => packBytes(join(root, 'p1.git')) > round * 6_000_000, {
        deadlineMs: 20_000,
      });
      server.kill('SIGKILL');
      await ended;
      await push.done;
    }
    await runGit({ args: ['fsck', '--strict'], cwd: join(root, 'p1.git'), signal: deadline() });
    const { process: server, url } = await startServer(root);
    servers.push(server);
    const refs = await run(folder.path, 'ls-remote', url);
    for (const commit of acknowledged) expect(refs).toContain(commit);
    await run(work, 'push', '-q', url, 'HEAD:refs/heads/large');
  });
});

/** Bytes of packs that are on their way. */
function packBytes(repository: string): number {
  const objects = join(repository, 'objects');
  let total = 0;
  for (const entry of readdirSync(objects, { recursive: true, withFileTypes: true })) {
    if (!entry.name.startsWith('tmp_')) continue;
    try {
      total += readFileSync(join(entry.parentPath, entry.name)).length;
    } catch {
      // It has just been moved.
    }
  }
  return total;
}

async function startServer(root: string): Promise<{ process: ChildProcess; url: string }> {
  const program = `
    const { createGitServer } = await import(${JSON.stringify(join(import.meta.dirname, 'git-server.ts'))});
    const { systemClock } = await import('@joh/clock');
    const { createServer } = await import('node:http');
    const server = createGitServer({
      root: ${JSON.stringify(root)}, clock: systemClock(), onError: console.error,
      limits: { pushBytesMax: 1e9, gitRequestDeadlineMs: 60000, gitRequestsMax: 8 },
      authorize: async () => ({ user: 'ada', repository: 'p1.git' }),
    });
    const http = createServer((request, response) => server.handle(request, response));
    http.listen(0, '127.0.0.1', () => console.log(http.address().port));`;
  const server = spawn(process.execPath, ['--input-type=module', '-e', program], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = await once(server.stdout, 'data');
  return { process: server, url: `http://127.0.0.1:${String(port).trim()}/git/ada/blinky.git` };
}
