/** Newer versions from a server of every kind: told, fetched, checked and installed, or refused. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import {
  type FakeClock,
  type FakeKey,
  type FakePublisher,
  fakeClock,
  fakeKey,
  startFakePublisher,
  type TemporaryFolder,
  temporaryFolder,
} from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '#limits';
import { isNewer } from './release.ts';
import { createUpdates, type UpdateOptions } from './updates.ts';

const packageBytes = Buffer.from('the bytes of a package');
let place: TemporaryFolder;
let publisher: FakePublisher;
let key: FakeKey;
let logged: string[];

beforeEach(async () => {
  place = await temporaryFolder('updates');
  publisher = await startFakePublisher();
  key = fakeKey();
  logged = [];
});
afterEach(async () => {
  await publisher.close();
  await place.remove();
});

function updatesWith(some: Partial<UpdateOptions> = {}) {
  return createUpdates({
    version: '0.1.0',
    platform: 'linux',
    arch: 'x64',
    configured: { url: `${publisher.url}/latest.json`, key: key.line },
    folder: join(place.path, 'updates'),
    env: { PATH: join(place.path, 'bin') },
    fetch,
    clock: systemClock(),
    log: (text) => logged.push(text),
    signal: new AbortController().signal,
    ...some,
  });
}

const nameOf = (version: string) => `joy-of-hardware_${version}_amd64.deb`;

/** A list of one version whose package is signed by `by` as `signed`. */
function listOf(version: string, { signed = version, by = key } = {}): string {
  const url = `${publisher.url}/package.deb`;
  const signature = by.sign(packageBytes, nameOf(signed));
  const platforms = { 'linux-x86_64-deb': { url, signature } };
  return JSON.stringify({ version, pub_date: '2026-11-25T00:00:00Z', platforms });
}

function publish(list: string, bytes: Uint8Array = packageBytes): void {
  publisher.answer = ({ url }, response) =>
    void response.end(url === '/package.deb' ? bytes : list);
}

const code = (wanted: string, reason: string) =>
  expect.objectContaining({ code: wanted, message: expect.stringContaining(reason) });

describe('whether there is a newer version', () => {
  it('is asked of nobody without a configuration', async () => {
    const updates = updatesWith({
      configured: null,
      fetch: () => Promise.reject(new Error('something was asked')),
    });
    await expect(updates.look(true)).resolves.toMatchObject({ state: 'off', version: null });
    await expect(updates.install()).rejects.toThrow(code('E_UPDATE_UNTRUSTED', 'no valid address'));
  });

  it('is told by a signed list, once in some hours', async () => {
    const clock = fakeClock();
    const updates = updatesWith({ clock });
    publish(listOf('0.2.0'));
    const told = {
      state: 'available',
      current: '0.1.0',
      version: '0.2.0',
      publishedAt: '2026-11-25T00:00:00Z',
    };
    const all = [updates.look(false), updates.look(false)];
    await expect(Promise.all(all)).resolves.toEqual([told, told]);
    expect(publisher.asked).toEqual(['/latest.json']);
    publish(listOf('0.3.0'));
    await expect(updates.look(false)).resolves.toEqual(told);
    await expect(updates.look(true)).resolves.toMatchObject({ version: '0.3.0' });
    publish(listOf('0.4.0'));
    await clock.advance(limits.updateFreshMs);
    await expect(updates.look(false)).resolves.toMatchObject({ version: '0.4.0' });
  });

  it('is not, when the version is this one or an older one', async () => {
    const updates = updatesWith();
    for (const version of ['0.1.0', '0.0.9', '0.0.10']) {
      publish(listOf(version));
      await expect(updates.look(true)).resolves.toMatchObject({ state: 'newest', version: null });
    }
    await expect(updates.install()).rejects.toThrow(code('E_UPDATE_UNTRUSTED', 'newer than this'));
  });

  it('compares numbers, not texts', () => {
    expect(isNewer('0.10.0', '0.9.9')).toBe(true);
    expect(isNewer('1.0.0', '0.99.99')).toBe(true);
    expect(isNewer('0.2.0', '0.2.0')).toBe(false);
    expect(isNewer('0.2.9', '0.2.10')).toBe(false);
  });
});

describe('what is not believed', () => {
  it.each([
    ['another key', () => listOf('0.2.0', { by: fakeKey() }), 'another key'],
    ['an old package under a new number', () => listOf('0.2.0', { signed: '0.1.0' }), '0.1.0'],
    ['another product', () => listOf('0.2.0', { signed: '../../0.2.0' }), 'not for'],
    ['no list', () => '<!doctype html>', 'form'],
    ['a version that is none', () => listOf('0.2.0-rc1'), 'form'],
    [
      'no signature',
      () => listOf('0.2.0').replace(/"signature":"[^"]*"/, '"signature":"eA=="'),
      '',
    ],
    ['no package for this computer', () => listOf('0.2.0').replace('x86_64', 'riscv64'), 'x64'],
  ])('a list with %s', async (_, list, reason) => {
    publish(list());
    const updates = updatesWith();
    await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNTRUSTED', reason));
    // Nobody asked: nobody is disturbed.
    await expect(updates.look(false)).resolves.toMatchObject({ state: 'newest' });
    expect(logged).toHaveLength(1);
  });

  it('an address in clear, or a key that is none', async () => {
    const url = 'https://example.org/latest.json';
    for (const configured of [
      { url: 'http://example.org/latest.json', key: key.line },
      { url: 'file:///etc/passwd', key: key.line },
      { url, key: '' },
    ]) {
      const updates = updatesWith({
        configured,
        fetch: () => Promise.reject(new Error('something was asked')),
      });
      await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNTRUSTED', 'updates.json'));
    }
  });
});

describe('a server', () => {
  const redirect = (to: string) => (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(302, { location: to }).end();

  it('that leads into the clear, or nowhere, is not followed', async () => {
    const updates = updatesWith();
    publisher.answer = redirect('http://example.org/latest.json');
    await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNREACHABLE', 'not https'));
    publisher.answer = redirect('/again');
    await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNREACHABLE', 'without end'));
    publisher.answer = (_, response) => void response.writeHead(503).end();
    await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNREACHABLE', '503'));
    publisher.answer = (request) => void request.socket.destroy();
    await expect(updates.look(true)).rejects.toThrow(code('E_UPDATE_UNREACHABLE', ''));
  });

  it('that sends without end is left', async () => {
    publisher.answer = (_, response) =>
      void response.end('x'.repeat(limits.updateListBytesMax + 1));
    await expect(updatesWith().look(true)).rejects.toThrow(
      code('E_UPDATE_UNREACHABLE', 'more than'),
    );
  });

  it.each([
    ['never answers', (_: IncomingMessage, __: ServerResponse) => undefined],
    [
      'stops within its answer',
      (_: IncomingMessage, response: ServerResponse) => void response.write('{'),
    ],
  ])('that %s is given up', async (_, answer) => {
    const clock = fakeClock();
    const heard = new Promise<void>((resolve) => {
      publisher.answer = (request, response) => {
        answer(request, response);
        resolve();
      };
    });
    const looked = updatesWith({ clock }).look(true);
    const refused = expect(looked).rejects.toThrow(code('E_UPDATE_UNREACHABLE', 'says nothing'));
    await heard;
    await passes(clock, limits.updateIdleMs);
    await refused;
  });

  it('is left at once when the application ends', async () => {
    const end = new AbortController();
    publisher.answer = () => end.abort(new Error('the application ends'));
    const updates = updatesWith({ signal: end.signal });
    await expect(updates.look(true)).rejects.toThrow('the application ends');
  });
});

/** The clock moves on while bytes are on their way, which take real time. */
async function passes(clock: FakeClock, ms: number): Promise<void> {
  await clock.settle();
  await clock.advance(ms);
}

describe('the package', () => {
  const folder = () => join(place.path, 'updates');
  const file = () => join(folder(), nameOf('0.2.0'));

  async function found(some: Partial<UpdateOptions> = {}) {
    const updates = updatesWith(some);
    await updates.look(true);
    return updates;
  }
  /** Programs of a system of the test's own; what `apt-get` was told is in `told`. */
  async function system(pkexec: string | null, apt = 'exit 0'): Promise<{ PATH: string }> {
    const bin = join(place.path, 'bin');
    await mkdir(bin, { recursive: true });
    const told = join(place.path, 'told');
    const programs = {
      'apt-get': `echo "$@" > '${told}'; for package; do :; done; cat "$package" >> '${told}'; ${apt}`,
      ...(pkexec === null ? {} : { pkexec }),
    };
    for (const [name, text] of Object.entries(programs)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${text}\n`);
      await chmod(join(bin, name), 0o755);
    }
    return { PATH: `${bin}:/usr/bin:/bin` };
  }
  const told = () => readFile(join(place.path, 'told'), 'utf8');

  it('is installed by root from a copy of its own', async () => {
    publish(listOf('0.2.0'));
    const updates = await found({ env: await system('exec "$@"') });
    await expect(Promise.all([updates.install(), updates.install()])).resolves.toEqual([
      null,
      null,
    ]);
    expect(await told()).toMatch(
      /^install -y -q --no-remove \S+\/package\.deb\nthe bytes of a package$/,
    );
    expect(await told()).not.toContain(place.path);
    await expect(updates.look(false)).resolves.toMatchObject({
      state: 'installed',
      version: '0.2.0',
    });
    publish(listOf('0.3.0'));
    await expect(updates.look(true)).resolves.toMatchObject({
      state: 'available',
      version: '0.3.0',
    });
  });

  it('is fetched once, and again when it was changed on the disk', async () => {
    publish(listOf('0.2.0'));
    await mkdir(folder());
    await writeFile(join(folder(), nameOf('0.1.9')), 'of before');
    const updates = await found({ env: await system('exit 126') });
    const tried = async () => {
      await expect(updates.install()).rejects.toThrow(code('E_UPDATE_FAILED', 'dialog'));
      return publisher.asked.filter((path) => path === '/package.deb').length;
    };
    expect([await tried(), await tried()]).toEqual([1, 1]);
    await writeFile(file(), 'something else');
    expect(await tried()).toBe(2);
    expect(await readdir(folder())).toEqual([nameOf('0.2.0')]);
    expect(await readFile(file())).toEqual(packageBytes);
  });

  it('that is not the signed one is not kept', async () => {
    publish(listOf('0.2.0'), Buffer.from('the bytes of another'));
    const updates = await found({ env: await system('exec "$@"') });
    await expect(updates.install()).rejects.toThrow(code('E_UPDATE_UNTRUSTED', 'not the one'));
    expect(await readdir(folder())).toEqual([]);
    await expect(told()).rejects.toThrow();
  });

  it('that is changed between check and installation is not installed', async () => {
    publish(listOf('0.2.0'));
    const updates = await found({ env: await system('echo more >> "$5"; exec "$@"') });
    await expect(updates.install()).rejects.toThrow(code('E_UPDATE_FAILED', 'was changed'));
    await expect(told()).rejects.toThrow();
  });

  it.each([
    ['the dialog was closed', 'exit 126', 'exit 0'],
    ['E: Unable to lock', 'exec "$@"', 'echo "E: Unable to lock" >&2; exit 100'],
  ])('is not installed when: %s', async (reason, pkexec, apt) => {
    publish(listOf('0.2.0'));
    const updates = await found({ env: await system(pkexec, apt) });
    await expect(updates.install()).rejects.toThrow(code('E_UPDATE_FAILED', reason));
    await expect(updates.look(false)).resolves.toMatchObject({ state: 'available' });
    expect(await readFile(file())).toEqual(packageBytes);
  });

  it.each([
    ['has no dialog', null],
    ['has nobody to ask', 'exit 127'],
  ])('is for the user to install where the system %s', async (_, pkexec) => {
    publish(listOf('0.2.0'));
    const updates = await found({ env: await system(pkexec) });
    await expect(updates.install()).resolves.toBe(`sudo apt install '${file()}'`);
  });
});
