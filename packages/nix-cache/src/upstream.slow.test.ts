import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type FakeClock, fakeClock, type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedCache, serveCache } from './served-cache.ts';
import { clientOf, uploadOf } from './simulated-upload.ts';

const lower = uploadOf('lower');
const upper = uploadOf('upper', { references: [lower.name] });

describe('an upstream cache', () => {
  let folder: TemporaryFolder;
  let above: ServedCache;
  let served: ServedCache;
  let clock: FakeClock;
  /** Between the two: counts, and can fail or lie. */
  let line: Server;
  let asked: string[];
  let answer: ((url: string) => { status: number; body?: Buffer } | null) | null;

  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    clock = fakeClock();
    above = await serveCache(join(folder.path, 'above'), { isPublic: true, keyName: 'above' });
    const operator = clientOf(above.url('base'), above.token('base'));
    for (const one of [lower, upper]) expect(await operator.upload(one)).toBe(200);
    asked = [];
    answer = null;
    line = createServer((request, response) => {
      const url = request.url ?? '';
      asked.push(url);
      const lie = answer?.(url);
      if (lie) {
        response.writeHead(lie.status).end(lie.body);
        return;
      }
      fetch(above.url('base') + url)
        .then(async (from) => {
          response.writeHead(from.status).end(Buffer.from(await from.arrayBuffer()));
        })
        .catch(() => response.destroy());
    });
    line.listen(0, '127.0.0.1');
    await once(line, 'listening');
    served = await open(above.cache.publicKeys('base'));
  });
  afterEach(async () => {
    await served.close();
    await above.close();
    line.closeAllConnections();
    line.close();
    await folder.remove();
  });

  const open = (publicKeys: string[]) =>
    serveCache(join(folder.path, 'below'), {
      clock,
      upstream: { url: `http://127.0.0.1:${(line.address() as AddressInfo).port}`, publicKeys },
    });
  const client = () => clientOf(served.url('ada'), served.token('ada'));

  it('gives what this one has not, once, and signed by this one too', async () => {
    const { status, text } = await client().get(`${upper.hash}.narinfo`);
    expect(status).toBe(200);
    expect(text).toMatch(/^Sig: above-base-1:/m);
    expect(text).toMatch(/^Sig: test-base-1:/m);
    const [nar, again] = await Promise.all([
      client().get(`nar/${upper.nar}`),
      client().get(`nar/${upper.nar}`),
    ]);
    expect([nar.status, again.status]).toEqual([200, 200]);
    await client().get(`${upper.hash}.narinfo`);
    await client().get(`nar/${upper.nar}`);
    expect(asked.filter((url) => url.includes('nar/'))).toHaveLength(1);
    expect(asked.filter((url) => url.includes(upper.hash))).toHaveLength(1);
    expect((await client().get(`${upper.hash}.ls`)).status).toBe(200);
  });

  it('holds what is uploaded on top of it', async () => {
    const top = uploadOf('top', { references: [lower.name] });
    expect(await client().upload(top)).toBe(200);
    expect(await client().upload(uploadOf('odd', { references: [uploadOf('no').name] }))).toBe(422);
  });

  it('is not asked again for what it has not, for an hour', async () => {
    const { hash } = uploadOf('absent');
    for (let turn = 0; turn < 3; turn += 1)
      expect((await client().get(`${hash}.narinfo`)).status).toBe(404);
    expect(asked).toHaveLength(1);
    await clock.advance(3_700_000);
    await client().get(`${hash}.narinfo`);
    expect(asked).toHaveLength(2);
  });

  it('is left alone for a while when it fails, and then asked again', async () => {
    answer = () => ({ status: 500 });
    expect((await client().get(`${upper.hash}.narinfo`)).status).toBe(404);
    expect((await client().get(`${lower.hash}.narinfo`)).status).toBe(404);
    expect(asked).toHaveLength(1);
    expect(served.errors).toHaveLength(1);
    answer = null;
    await clock.advance(31_000);
    expect((await client().get(`${upper.hash}.narinfo`)).status).toBe(200);
  });

  it('is not believed without a signature by a trusted key', async () => {
    await served.close();
    served = await open(['above-base-1:4OLA+Z7kHUUmqyT0R9FGxXHnR0p3E0TERwMCjo5r+Og=']);
    expect((await client().get(`${upper.hash}.narinfo`)).status).toBe(404);
    expect(String(served.errors[0])).toContain('no trusted key');
  });

  it.each([
    ['another archive', uploadOf('bad').file],
    ['half of it', upper.file.subarray(0, -5)],
    ['more than it says', Buffer.concat([upper.file, upper.file])],
  ])('that gives %s is not passed on, and nothing of it stays', async (_, body) => {
    await client().get(`${upper.hash}.narinfo`);
    answer = (url) => (url.includes('nar/') ? { status: 200, body } : null);
    const { status, text } = await client().get(`nar/${upper.nar}`);
    expect({ status, text }).toMatchObject({ status: 502, text: /E_CACHE_UPSTREAM/ });
    answer = null;
    expect((await client().get(`nar/${upper.nar}`)).status).toBe(200);
  });

  it('may lose an archive', async () => {
    await client().get(`${upper.hash}.narinfo`);
    answer = () => ({ status: 404 });
    expect((await client().get(`nar/${upper.nar}`)).status).toBe(404);
  });

  it('is forgotten like the rest when nobody uses it, and fetched again', async () => {
    await client().get(`${upper.hash}.narinfo`);
    await client().get(`nar/${upper.nar}`);
    await clock.advance(10 * 24 * 3_600_000);
    const usedSince = Math.floor(clock.now() / 1000) - 3600;
    const collected = await served.cache.collect({ namespace: 'upstream', policy: { usedSince } });
    expect(collected).toMatchObject({ paths: 1, nars: 1 });
    expect((await client().get(`${upper.hash}.narinfo`)).status).toBe(200);
    expect((await client().get(`nar/${upper.nar}`)).status).toBe(200);
  });
});
