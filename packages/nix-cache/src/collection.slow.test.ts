import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type FakeClock, fakeClock, type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedCache, serveCache } from './served-cache.ts';
import { clientOf, type Upload, uploadOf } from './simulated-upload.ts';

const day = 24 * 3_600_000;
const lower = uploadOf('lower');
const upper = uploadOf('upper', { references: [lower.name] });
const alone = uploadOf('alone');

describe('collection', () => {
  let folder: TemporaryFolder;
  let served: ServedCache;
  let clock: FakeClock;
  const client = (namespace: string) => clientOf(served.url(namespace), served.token(namespace));
  const put = async (namespace: string, ...uploads: Upload[]) => {
    for (const one of uploads) expect(await client(namespace).upload(one)).toBe(200);
  };
  const has = async (namespace: string, { hash }: Upload) =>
    (await client(namespace).get(`${hash}.narinfo`)).status === 200;
  const collect = (namespace: string, days: number) => {
    const usedSince = Math.floor(clock.now() / 1000) - days * 24 * 3600;
    return served.cache.collect({ namespace, policy: { usedSince } });
  };
  const isOnDisk = ({ nar }: Upload) => existsSync(join(folder.path, 'nar', nar.slice(0, 2), nar));

  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    clock = fakeClock();
    served = await serveCache(folder.path, { clock });
  });
  afterEach(async () => {
    await served.close();
    await folder.remove();
  });

  it('forgets what was not used for long, its archive too', async () => {
    await put('ada', lower, upper, alone);
    await clock.advance(10 * day);
    expect(await has('ada', alone)).toBe(true);
    expect(await collect('ada', 5)).toMatchObject({ paths: 2, nars: 2 });
    expect(await has('ada', upper)).toBe(false);
    expect(await has('ada', lower)).toBe(false);
    expect([alone, upper, lower].map(isOnDisk)).toEqual([true, false, false]);
    expect((await client('ada').get(`nar/${lower.nar}`)).status).toBe(404);
  });

  it('keeps what a used path needs, and what a root needs', async () => {
    await put('ada', lower, upper, alone);
    await clock.advance(10 * day);
    expect(await has('ada', upper)).toBe(true);
    served.cache.database.run('insert into roots values (?, ?, 0)', 'ada', alone.hash);
    expect(await collect('ada', 5)).toMatchObject({ paths: 0, nars: 0 });
    await clock.advance(10 * day);
    expect(await collect('ada', 5)).toMatchObject({ paths: 2 });
    expect(await has('ada', alone)).toBe(true);
  });

  it('keeps of the base what a namespace above it needs', async () => {
    await put('base', lower, alone);
    await put('ada', upper);
    await clock.advance(10 * day);
    expect(await collect('base', 5)).toMatchObject({ paths: 1 });
    expect(await has('ada', lower)).toBe(true);
    expect(await has('base', alone)).toBe(false);
  });

  it('keeps a file that another namespace has', async () => {
    await put('ada', alone);
    await put('bob', alone);
    await clock.advance(10 * day);
    expect(await collect('ada', 5)).toMatchObject({ paths: 1, bytes: 0 });
    expect(isOnDisk(alone)).toBe(true);
    expect(await has('bob', alone)).toBe(true);
  });

  it('keeps an archive whose narinfo may still come, for a day', async () => {
    expect((await client('ada').put(`nar/${alone.nar}`, alone.file)).status).toBe(200);
    expect(await collect('ada', 0)).toMatchObject({ nars: 0 });
    await clock.advance(2 * day);
    expect(await collect('ada', 0)).toMatchObject({ nars: 1 });
    expect(isOnDisk(alone)).toBe(false);
  });

  it('spares what is asked for while it runs, and what that needs', async () => {
    await served.close();
    let use: (() => void) | null = null;
    served = await serveCache(folder.path, {
      clock,
      limits: { removalBatch: 1 },
      onStep(step) {
        if (step === 'paths-removed') use?.();
        use = null;
      },
    });
    // Removed from the highest hash down: the last one is asked for after the first is gone.
    const seeds = ['a', 'b', 'c', 'd', 'e', 'f'].sort((a, b) =>
      uploadOf(a).hash < uploadOf(b).hash ? -1 : 1,
    );
    const needed = uploadOf(seeds[1] ?? '');
    const used = uploadOf(seeds[0] ?? '', { references: [needed.name] });
    const others = seeds.slice(2).map((seed) => uploadOf(seed));
    await put('ada', ...others, needed, used);
    await clock.advance(10 * day);
    use = () => void served.cache.parts.serving.catalogue.useNarInfo('ada', used.hash);
    expect(await collect('ada', 5)).toMatchObject({ paths: others.length });
    expect([await has('ada', used), await has('ada', needed)]).toEqual([true, true]);
    expect((await client('ada').get(`nar/${needed.nar}`)).status).toBe(200);
  });

  it('remembers over a restart when a path was used', async () => {
    await put('ada', alone, lower);
    await clock.advance(10 * day);
    expect(await has('ada', alone)).toBe(true);
    await served.close();
    served = await serveCache(folder.path, { clock });
    await collect('ada', 5);
    expect([await has('ada', alone), await has('ada', lower)]).toEqual([true, false]);
  });
});
