import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedCache, serveCache } from './served-cache.ts';
import { archiveOf } from './simulated-archive.ts';
import { clientOf, sha256, uploadOf } from './simulated-upload.ts';

describe('a hostile client', () => {
  let folder: TemporaryFolder;
  let served: ServedCache;
  let ada: ReturnType<typeof clientOf>;
  let secret: string;
  const files = (part: string) =>
    readdirSync(join(folder.path, part), { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.includes('.') || part === 'arriving',
    );

  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    served = await serveCache(folder.path, {
      limits: {
        fileBytesMax: 4 * 2 ** 20,
        narBytesMax: 64 * 2 ** 20,
        expansionMax: 100,
        expansionFreeBytes: 2 ** 20,
        narInfoBytesMax: 64 * 1024,
        logBytesMax: 2 ** 20,
        quotaBytes: 6 * 2 ** 20,
        uploadWindowMs: 300,
        uploadsPerNamespaceMax: 4,
      },
    });
    secret = served.token('ada');
    ada = clientOf(served.url('ada'), secret);
  });
  afterEach(async () => {
    const { errors } = served;
    await served.close();
    await folder.remove();
    expect(errors).toEqual([]);
  });

  /** Nothing is there that was not there before. */
  const expectNothing = async (paths = 0) => {
    await waitFor(() => files('arriving').length === 0, { what: 'no file is arriving' });
    expect(files('nar')).toHaveLength(paths);
    expect(served.cache.usage('ada').paths).toBe(paths);
    if (paths === 0) expect(served.cache.usage('ada').bytes).toBe(0);
  };

  describe('with an archive that is not what it says', () => {
    const good = uploadOf('good');
    it.each([
      ['another hash', `${sha256('other')}.nar.zst`, good.file],
      ['a truncated file', good.nar, good.file.subarray(0, -3)],
      ['no archive inside', null, zstdCompressSync('hello')],
      ['no zstd', null, Buffer.from('hello')],
      ['nothing', null, Buffer.alloc(0)],
      ['a truncated archive', null, zstdCompressSync(archiveOf({ contents: 'x' }).subarray(0, -8))],
      [
        'more behind its end',
        null,
        Buffer.concat([zstdCompressSync(archiveOf({ contents: 'x' })), Buffer.from('more')]),
      ],
      [
        'a name that leads out',
        null,
        zstdCompressSync(archiveOf({ entries: [['../../etc', { target: 'x' }]] })),
      ],
    ] as [string, string | null, Buffer][])('refuses %s', async (_, name, file) => {
      const { status, text } = await ada.put(`nar/${name ?? `${sha256(file)}.nar.zst`}`, file);
      expect({ status, text }).toMatchObject({ status: 400, text: /E_CACHE_INVALID/ });
      await expectNothing();
    });

    it('refuses more behind the end of xz', async () => {
      const { stdout } = spawnSync('xz', ['-c'], { input: archiveOf({ contents: 'x' }) });
      const file = Buffer.concat([stdout, Buffer.from('more')]);
      expect((await ada.put(`nar/${sha256(file)}.nar.xz`, file)).status).toBe(400);
      await expectNothing();
    });

    it('refuses other compressions by name', async () => {
      const { status, text } = await ada.put(`nar/${sha256('x')}.nar.bz2`, 'x');
      expect(status).toBe(415);
      expect(text).toContain('compression=zstd');
      await expectNothing();
    });
  });

  describe('with a bomb', () => {
    const zeros = archiveOf({ contents: Buffer.alloc(32 * 2 ** 20) });

    it('refuses what unpacks to far more than it is', async () => {
      const file = zstdCompressSync(zeros);
      const { status, text } = await ada.put(`nar/${sha256(file)}.nar.zst`, file);
      expect({ status, text }).toMatchObject({ status: 400, text: /out of all proportion/ });
      await expectNothing();
    });

    it('refuses it as xz too, and ends the program', async () => {
      const { stdout: file } = spawnSync('xz', ['-c', '-1'], {
        input: zeros,
        maxBuffer: 2 ** 26,
      });
      const { status } = await ada.put(`nar/${sha256(file)}.nar.xz`, file);
      expect(status).toBe(400);
      await expectNothing();
    });

    it('refuses a window that would need much memory', async () => {
      const noise = archiveOf({ contents: Buffer.alloc(17 * 2 ** 20, 'abcdefg') });
      const file = zstdCompressSync(noise, {
        params: {
          [constants.ZSTD_c_windowLog]: 27,
          [constants.ZSTD_c_enableLongDistanceMatching]: 1,
          [constants.ZSTD_c_contentSizeFlag]: 0,
        },
      });
      const { status } = await ada.put(`nar/${sha256(file)}.nar.zst`, file);
      expect(status).toBe(400);
      await expectNothing();
    });

    it('refuses a small text that unpacks to a large one', async () => {
      const log = gzipSync(Buffer.alloc(8 * 2 ** 20));
      const path = `log/${uploadOf('x').hash}-x.drv`;
      const { status } = await ada.put(path, log, { 'content-encoding': 'gzip' });
      expect(status).toBe(413);
      expect((await ada.get(path)).status).toBe(404);
    });
  });

  describe('with a narinfo that is not true', () => {
    const good = uploadOf('good');
    it.each([
      ['a wrong FileHash', /FileHash: .*/, `FileHash: sha256:${sha256('x')}`, 400],
      ['a wrong FileSize', /FileSize: .*/, 'FileSize: 1', 400],
      ['a wrong NarHash', /NarHash: .*/, `NarHash: sha256:${sha256('x')}`, 400],
      ['a wrong NarSize', /NarSize: .*/, 'NarSize: 4711', 400],
      ['a wrong Compression', /Compression: .*/, 'Compression: none', 400],
      ['another path', /StorePath: .*/, `StorePath: /nix/store/${uploadOf('bad').name}`, 400],
      ['an archive that is not there', /URL: .*/, `URL: nar/${sha256('x')}.nar.zst`, 400],
      ['a URL that leads out', /URL: .*/, 'URL: nar/../../cache.sqlite', 400],
      ['a URL elsewhere', /URL: .*/, 'URL: http://127.0.0.1:1/x.nar', 400],
      ['a reference to nothing', /References: .*/, `References: ${uploadOf('no').name}`, 422],
      ['a reference that is none', /References: .*/, 'References: ../../etc/passwd', 400],
      ['no text', /^.*$/s, '\0\xff', 400],
    ] as [string, RegExp, string, number][])('refuses %s', async (_, from, to, wanted) => {
      expect((await ada.put(`nar/${good.nar}`, good.file)).status).toBe(200);
      const { status } = await ada.put(`${good.hash}.narinfo`, good.narInfo.replace(from, to));
      expect(status).toBe(wanted);
      expect((await ada.get(`${good.hash}.narinfo`)).status).toBe(404);
      expect(served.cache.usage('ada').paths).toBe(0);
    });

    it('refuses one without end', async () => {
      const text = good.narInfo.replace('References: ', `References: ${'x '.repeat(50_000)}`);
      expect((await ada.put(`${good.hash}.narinfo`, text)).status).toBe(413);
    });

    it('refuses to replace a path, and takes the same again', async () => {
      expect(await ada.upload(good)).toBe(200);
      const before = (await ada.get(`${good.hash}.narinfo`)).text;
      const other = uploadOf('other', { node: { contents: 'something else' } });
      expect((await ada.put(`nar/${other.nar}`, other.file)).status).toBe(200);
      const lie = other.narInfo.replace(/StorePath: .*/, `StorePath: /nix/store/${good.name}`);
      const { status, text } = await ada.put(`${good.hash}.narinfo`, lie);
      expect({ status, text }).toMatchObject({ status: 409, text: /E_CACHE_EXISTS/ });
      expect(await ada.upload(good)).toBe(200);
      expect((await ada.get(`${good.hash}.narinfo`)).text).toBe(before);
    });

    it('refuses to shadow a path of the base', async () => {
      expect(await clientOf(served.url('base'), served.token('base')).upload(good)).toBe(200);
      const other = uploadOf('other', { node: { contents: 'something else' } });
      await ada.put(`nar/${other.nar}`, other.file);
      const lie = other.narInfo.replace(/StorePath: .*/, `StorePath: /nix/store/${good.name}`);
      expect((await ada.put(`${good.hash}.narinfo`, lie)).status).toBe(409);
    });
  });

  describe('without the right to', () => {
    const path = uploadOf('secret');

    it('is told nothing about another namespace', async () => {
      expect(await clientOf(served.url('bob'), served.token('bob')).upload(path)).toBe(200);
      const foreign = clientOf(served.url('bob'), secret);
      const ways = [
        `${path.hash}.narinfo`,
        `${path.hash}.ls`,
        `nar/${path.nar}`,
        `${uploadOf('absent').hash}.narinfo`,
        'nix-cache-info',
        'public-keys',
      ];
      for (const way of ways) {
        for (const method of ['GET', 'HEAD', 'PUT'])
          expect((await foreign.send(method, way)).status).toBe(403);
        expect((await clientOf(served.url('bob'), null).get(way)).status).toBe(401);
        expect((await clientOf(served.url('bob'), 'joh_c_guess').get(way)).status).toBe(401);
      }
      // Its own namespace does not show it either, though the file is there…
      for (const way of ways.slice(0, 3)) expect((await ada.get(way)).status).toBe(404);
      // …and the same file uploaded again is kept once.
      expect(await ada.upload(path)).toBe(200);
      expect(files('nar')).toHaveLength(1);
    });

    it('writes nowhere with a token that only reads, and into the base with none of its own', async () => {
      const reader = clientOf(served.url('ada'), served.token('ada', 'read'));
      expect(await reader.upload(path)).toBe(403);
      const base = clientOf(served.url('base'), secret);
      expect((await base.get('nix-cache-info')).status).toBe(200);
      expect(await base.upload(path)).toBe(403);
      expect(
        (await clientOf(served.url('upstream'), served.token('*')).get('nix-cache-info')).status,
      ).toBe(404);
      await expectNothing();
    });

    it('does not get through with paths of its own making', async () => {
      const raw = (target: string) =>
        ask(
          `GET ${target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\nconnection: close\r\n\r\n`,
        );
      for (const target of [
        '/ada/../bob/nix-cache-info',
        '/ada/%2e%2e/bob/nix-cache-info',
        '/ada/nar/../cache.sqlite',
        '/ada/nar/..%2f..%2fcache.sqlite',
        '/ada/log/../../cache.sqlite',
        '//etc/passwd',
        'http://elsewhere/ada/nix-cache-info',
        '/ada/nix-cache-info%00',
      ])
        expect(await raw(target)).toMatch(/^HTTP\/1\.1 40[04] /);
    });

    it('cannot smuggle a request behind another one', async () => {
      const head = (path: string, more = '') =>
        `GET /${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n${more}\r\n`;
      await ada.get('nix-cache-info');
      const smuggled = head('bob/nix-cache-info');
      const answer = await ask(
        head(`ada/${path.hash}.narinfo`, `content-length: ${smuggled.length}\r\n`) +
          smuggled +
          head('ada/nix-cache-info', 'connection: close\r\n'),
      );
      expect(answer.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
    });
  });

  describe('that takes its time or its fill', () => {
    it('cuts an upload that hardly comes, with an answer', async () => {
      const socket = connect(served.port, '127.0.0.1');
      let answer = '';
      socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
      socket.write(
        `PUT /ada/nar/${uploadOf('x').nar} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-length: 1000000\r\n\r\nab`,
      );
      await waitFor(() => answer.includes('E_CACHE_SLOW'), { what: 'the answer' });
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      socket.destroy();
      await expectNothing();
    });

    it('cuts off a reader that takes nothing', async () => {
      await served.close();
      served = await serveCache(folder.path, { limits: { readerIdleMs: 300 } });
      ada = clientOf(served.url('ada'), served.token('ada'));
      const large = uploadOf('large', {
        node: { contents: Buffer.alloc(24 * 2 ** 20) },
        pack: 'none',
      });
      expect(await ada.upload(large)).toBe(200);
      const authorization = `authorization: Bearer ${served.token('ada')}`;
      // Once by way of Node's server, once past it.
      for (const more of ['range: bytes=0-\r\n', '']) {
        const socket = connect(served.port, '127.0.0.1');
        socket.pause();
        const head = `GET /ada/nar/${large.nar} HTTP/1.1\r\nhost: x\r\n${authorization}\r\n${more}\r\n`;
        socket.on('error', () => undefined).write(head);
        await waitFor(() => served.closed.has(socket.localPort ?? 0), { what: 'it is cut off' });
        socket.destroy();
      }
    });

    it('leaves nothing of an upload that breaks off', async () => {
      const socket = connect(served.port, '127.0.0.1');
      socket.write(
        `PUT /ada/nar/${uploadOf('x').nar} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-length: 1000\r\n\r\nabc`,
      );
      await waitFor(() => files('arriving').length === 1, { what: 'it arrives' });
      socket.destroy();
      await expectNothing();
    });

    it('refuses what is too large before it is sent, or once it is too much', async () => {
      const big = Buffer.alloc(5 * 2 ** 20);
      const { status } = await ada.put(`nar/${sha256(big)}.nar`, big);
      expect(status).toBe(413);
      const answer = await ask(
        `PUT /ada/nar/${sha256(big)}.nar HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ntransfer-encoding: chunked\r\n\r\n500000\r\n`,
        big,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 413 /);
      await expectNothing();
    });

    it('keeps to the quota, and makes room of what was used least recently', async () => {
      const noise = (seed: number) => {
        const bytes = Buffer.alloc(2 * 2 ** 20);
        for (let at = 0; at < bytes.length; at += 4)
          bytes.writeInt32LE(Math.imul(at + seed, 2654435761 | 0), at);
        return uploadOf(`noise-${seed}`, { node: { contents: bytes }, pack: 'none' });
      };
      const all = [1, 2, 3, 4].map(noise);
      for (const one of all.slice(0, 2)) expect(await ada.upload(one)).toBe(200);
      served.cache.database.run('insert into roots values (?, ?, 0)', 'ada', all[0]!.hash);
      expect(await ada.upload(all[2]!)).toBe(200);
      expect((await ada.get(`${all[0]!.hash}.narinfo`)).status).toBe(200);
      expect((await ada.get(`${all[1]!.hash}.narinfo`)).status).toBe(404);
      for (const one of all.slice(1, 3))
        served.cache.database.run('insert or ignore into roots values (?, ?, 0)', 'ada', one.hash);
      const { status, text } = await ada.put(`nar/${all[3]!.nar}`, all[3]!.file);
      expect({ status, text }).toMatchObject({ status: 413, text: /E_CACHE_QUOTA/ });
      expect(served.cache.usage('ada').bytes).toBeLessThan(6 * 2 ** 20);
    });

    it('holds so many bytes of short bodies in memory, and no more', async () => {
      await served.close();
      // With time enough: here it is not slowness that is refused.
      const limits = { bodiesBytesMax: 3 * 2 ** 20, logBytesMax: 2 ** 20 };
      served = await serveCache(folder.path, { limits });
      secret = served.token('ada');
      ada = clientOf(served.url('ada'), secret);
      const sockets = [1, 2, 3].map(() => {
        const socket = connect(served.port, '127.0.0.1');
        socket.write(
          `PUT /ada/log/${uploadOf('x').hash}-x.drv HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-length: 1000000\r\n\r\nabc`,
        );
        return socket;
      });
      const small = () => ada.put(`log/${uploadOf('y').hash}-y.drv`, 'a'.repeat(400_000));
      await waitFor(async () => (await small()).status === 429, { what: 'too many' });
      for (const socket of sockets) socket.destroy();
      await waitFor(async () => (await small()).status === 200, { what: 'room again' });
    });

    it('has a number of uploads at once, and no more', async () => {
      const sockets = [1, 2, 3, 4].map((number) => {
        const socket = connect(served.port, '127.0.0.1');
        socket.write(
          `PUT /ada/nar/${uploadOf(`x${number}`).nar} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\ncontent-length: 1000\r\n\r\nabc`,
        );
        return socket;
      });
      await waitFor(() => files('arriving').length === 4, { what: 'four arrive' });
      const path = uploadOf('fifth');
      const { status, headers } = await ada.put(`nar/${path.nar}`, path.file);
      expect([status, headers.get('retry-after')]).toEqual([429, '5']);
      for (const socket of sockets) socket.destroy();
      await expectNothing();
      expect(await ada.upload(path)).toBe(200);
    });
  });

  /** Sends bytes as they are and returns all that comes back. */
  async function ask(head: string, body?: Buffer): Promise<string> {
    const socket = connect(served.port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('error', () => undefined);
    socket.write(head);
    if (body) socket.write(body);
    const closed = once(socket, 'close');
    if (body) await waitFor(() => answer.includes('\r\n\r\n'), { what: 'an answer' });
    if (body) socket.destroy();
    await closed;
    return answer;
  }
});
