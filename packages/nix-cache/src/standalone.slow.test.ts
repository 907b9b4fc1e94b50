import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientOf, uploadOf } from './simulated-upload.ts';

const program = join(import.meta.dirname, '..', 'joh-nix-cache.js');

describe('joh-nix-cache', () => {
  let folder: TemporaryFolder;
  let data: string;
  let server: ChildProcess;
  let output: string;
  let url: string;

  const run = async (...parameters: string[]) => {
    const { stdout } = await promisify(execFile)(program, ['--data', data, ...parameters]);
    return stdout.trimEnd();
  };
  const start = async (...parameters: string[]) => {
    output = '';
    server = spawn(program, ['--data', data, 'serve', '--port', '0', ...parameters]);
    for (const stream of [server.stdout, server.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    url = await waitFor(() => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '', {
      what: 'it listens',
      deadlineMs: 60_000,
    });
  };
  const stop = async () => {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  };

  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    data = join(folder.path, 'data');
    await start();
  });
  afterEach(async () => {
    await stop();
    await folder.remove();
  });

  it('is changed by its commands while it serves', async () => {
    const secret = await run('token', 'add', 'ada', '--write', '--label', 'laptop');
    const ada = clientOf(`${url}/ada`, secret);
    const path = uploadOf('thing');
    expect(await ada.upload(path)).toBe(200);

    expect(await run('root', 'add', 'ada', `/nix/store/${path.name}`)).toContain(path.name);
    expect(await run('root', 'list', 'ada')).toBe(`/nix/store/${path.name}`);
    await expect(run('root', 'add', 'ada', `/nix/store/${uploadOf('no').name}`)).rejects.toThrow(
      'has no',
    );
    expect(await run('usage')).toMatch(/^ada {2}1 paths/m);

    const key = await run('key', 'add', 'ada');
    await waitFor(
      async () =>
        (await ada.get(`${path.hash}.narinfo`)).text.includes(`Sig: ${key.split(':')[0]}:`),
      { what: 'a signature by the new key', deadlineMs: 20_000 },
    );
    await run('key', 'retire', 'ada', 'joh-nix-cache-ada-1');
    await waitFor(
      async () => !(await ada.get(`${path.hash}.narinfo`)).text.includes('joh-nix-cache-ada-1:'),
      { what: 'no signature by the old key', deadlineMs: 20_000 },
    );

    const [id = ''] = (await run('token', 'list')).split(' ');
    await run('token', 'remove', id);
    await waitFor(async () => (await ada.get('nix-cache-info')).status === 401, {
      what: 'the token no longer works',
      deadlineMs: 20_000,
    });
    await expect(run('token', 'remove', id)).rejects.toThrow('There is no token');
  });

  it('has its folder for itself, and finds everything again', async () => {
    const secret = await run('token', 'add', '*', '--write');
    const path = uploadOf('thing');
    expect(await clientOf(`${url}/base`, secret).upload(path)).toBe(200);
    await expect(run('serve', '--port', '0')).rejects.toThrow('another process uses');
    await stop();
    await start('--public');
    const anyone = clientOf(`${url}/base`, null);
    expect((await anyone.get(`${path.hash}.narinfo`)).status).toBe(200);
    expect((await anyone.get(`nar/${path.nar}`, { range: 'bytes=0-3' })).status).toBe(206);
    expect((await anyone.put(`nar/${path.nar}`, path.file)).status).toBe(401);
  });
});
