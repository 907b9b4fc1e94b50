import { connect } from 'node:net';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedCache, serveCache } from './served-cache.ts';
import { openPublicKey } from './signing-key.ts';
import { clientOf, uploadOf } from './simulated-upload.ts';

const path = uploadOf('thing', { pack: 'none' });

describe('what the cache answers', () => {
  let folder: TemporaryFolder;
  let served: ServedCache;
  let secret: string;
  let ada: ReturnType<typeof clientOf>;
  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    served = await serveCache(folder.path);
    secret = served.token('ada');
    ada = clientOf(served.url('ada'), secret);
    expect(await ada.upload(path)).toBe(200);
  });
  afterEach(async () => {
    await served.close();
    await folder.remove();
    expect(served.errors).toEqual([]);
  });

  it('answers HEAD like GET, without the body', async () => {
    for (const way of ['nix-cache-info', `${path.hash}.narinfo`, `nar/${path.nar}`]) {
      const [head, get] = [await ada.send('HEAD', way), await ada.get(way)];
      expect([head.status, head.text]).toEqual([200, '']);
      expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    }
    expect((await ada.send('HEAD', `${uploadOf('no').hash}.narinfo`)).status).toBe(404);
  });

  it('gives parts of an archive', async () => {
    const way = `nar/${path.nar}`;
    const all = (await ada.get(way)).text;
    const part = await ada.get(way, { range: 'bytes=8-20' });
    expect([part.status, part.text]).toEqual([206, all.slice(8, 21)]);
    expect(part.headers.get('content-range')).toBe(`bytes 8-20/${path.file.length}`);
    const end = await ada.get(way, { range: 'bytes=-8' });
    expect([end.status, end.text]).toEqual([206, all.slice(-8)]);
    const none = await ada.get(way, { range: `bytes=${path.file.length}-` });
    expect([none.status, none.headers.get('content-range')]).toEqual([
      416,
      `bytes */${path.file.length}`,
    ]);
  });

  it('answers many requests on one connection, on the short way and off it', async () => {
    await ada.get('nix-cache-info');
    const head = (method: string, way: string, more = '') =>
      `${method} /ada/${way} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secret}\r\n${more}\r\n`;
    const socket = connect(served.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (some: string) => (text += some));
    const answers = () => text.match(/HTTP\/1\.1 (\d+)/g)?.length ?? 0;
    const asked = served.requests.length;
    for (let count = 1; count <= 20; count += 1) {
      socket.write(head('GET', count % 2 ? `${path.hash}.narinfo` : `nar/${path.nar}`));
      await waitFor(() => answers() === count, { what: `answer ${count}` });
    }
    expect(text).not.toMatch(/HTTP\/1\.1 (?!200)/);
    // None of these reached Node's server.
    expect(served.requests.slice(asked)).toEqual([]);
    // Two at once, and one with a body: from here on it is Node's connection.
    socket.write(head('GET', `${path.hash}.narinfo`) + head('GET', `${path.hash}.ls`));
    await waitFor(() => answers() === 22, { what: 'two more answers' });
    const body = uploadOf('other').narInfo;
    socket.write(
      head('PUT', `${uploadOf('other').hash}.narinfo`, `content-length: ${body.length}\r\n`) + body,
    );
    await waitFor(() => answers() === 23, { what: 'an answer to the upload' });
    expect(text).toContain('HTTP/1.1 400');
    socket.destroy();
  });

  it('keeps realisations, signs them, and never changes them', async () => {
    const id = `sha256:${'a'.repeat(64)}!out`;
    const way = `realisations/${id}.doi`;
    const realisation = { dependentRealisations: {}, id, outPath: path.name, signatures: [] };
    expect((await ada.get(way)).status).toBe(404);
    expect((await ada.put(way, JSON.stringify(realisation))).status).toBe(200);
    const { signatures, ...signed } = JSON.parse((await ada.get(way)).text);
    expect(signed).toEqual({ dependentRealisations: {}, id, outPath: path.name });
    const key = openPublicKey(served.cache.publicKeys('ada')[0] ?? '');
    const text = `{"dependentRealisations":{},"id":"${id}","outPath":"${path.name}"}`;
    expect(key.verifies(text, signatures[0])).toBe(true);
    const other = uploadOf('other');
    const lie = { ...realisation, outPath: other.name };
    expect((await ada.put(way, JSON.stringify(lie))).status).toBe(422);
    expect(await ada.upload(other)).toBe(200);
    expect((await ada.put(way, JSON.stringify(lie))).status).toBe(409);
    expect((await ada.put(way, JSON.stringify({ ...realisation, id: 'x' }))).status).toBe(400);
    expect((await ada.put(way, 'no JSON')).status).toBe(400);
  });

  it('says where debug symbols are once their archive is there', async () => {
    const way = `debuginfo/${'0123456789'.repeat(4)}`;
    const other = uploadOf('symbols');
    const entry = { archive: `../nar/${other.nar}`, member: 'lib/debug/.build-id/01/23.debug' };
    expect((await ada.put(way, JSON.stringify(entry))).status).toBe(200);
    expect((await ada.get(way)).status).toBe(404);
    expect(await ada.upload(other)).toBe(200);
    expect(JSON.parse((await ada.get(`${way}.debug`)).text)).toEqual(entry);
    const outside = { ...entry, archive: '../../cache.sqlite' };
    const elsewhere = `debuginfo/${'f'.repeat(40)}`;
    expect((await ada.put(elsewhere, JSON.stringify(outside))).status).toBe(400);
  });

  it('keeps logs, compressed or not, and takes a newer one', async () => {
    const way = `log/${path.hash}-thing.drv`;
    expect((await ada.put(way, 'one')).status).toBe(200);
    expect((await ada.get(way)).text).toBe('one');
    expect((await ada.put(way, 'two')).status).toBe(200);
    expect((await ada.get(way)).text).toBe('two');
  });

  it('lets nobody write what it makes itself', async () => {
    expect((await ada.put('nix-cache-info', 'StoreDir: /x')).status).toBe(403);
    expect((await ada.put('public-keys', 'x')).status).toBe(403);
    expect((await ada.put(`${path.hash}.ls`, '{"version":1}')).status).toBe(200);
    expect((await ada.get(`${path.hash}.ls`)).text).toContain('narOffset');
    for (const method of ['POST', 'DELETE', 'PATCH'])
      expect((await ada.send(method, `${path.hash}.narinfo`)).status).toBe(404);
  });
});
