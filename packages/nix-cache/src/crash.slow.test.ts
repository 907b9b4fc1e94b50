import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheStep } from './archives.ts';
import { parseNarInfo } from './nar-info.ts';
import { serveCache } from './served-cache.ts';
import { clientOf, sha256, type Upload, uploadOf } from './simulated-upload.ts';
import { hashPartOf } from './store-path.ts';

/** Three paths, each in need of the one before it. */
const first = uploadOf('first');
const second = uploadOf('second', { references: [first.name] });
const third = uploadOf('third', { references: [second.name, uploadOf('third').name] });
const all = [first, second, third];

describe('a cache that is killed', () => {
  let folder: TemporaryFolder;
  let child: ChildProcess | null = null;
  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    child = null;
    await folder.remove();
  });

  const startDoomed = async (step: CacheStep) => {
    child = fork(join(import.meta.dirname, 'doomed-main.ts'), [folder.path, step], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    const ended = once(child, 'exit');
    const [{ port, secret }] = (await once(child, 'message')) as [{ port: number; secret: string }];
    const client = clientOf(`http://127.0.0.1:${port}/ada`, secret);
    return { client, child, ended };
  };

  /** With a cache that nothing befalls. */
  const upload = async (...uploads: Upload[]) => {
    const served = await serveCache(folder.path);
    const client = clientOf(served.url('ada'), served.token('ada'));
    for (const one of uploads) expect(await client.upload(one)).toBe(200);
    await served.close();
  };

  /** What was acknowledged is whole, what is shown is a closure, and nothing else is there. */
  const expectWhole = async (acknowledged: readonly Upload[], isGoneAllowed = false) => {
    const served = await serveCache(folder.path);
    try {
      const client = clientOf(served.url('ada'), served.token('ada'));
      expect(readdirSync(join(folder.path, 'arriving'))).toEqual([]);
      const shown = new Set<string>();
      for (const one of all) {
        const { status, text } = await client.get(`${one.hash}.narinfo`);
        if (status !== 200) continue;
        shown.add(one.hash);
        const info = parseNarInfo(text);
        const nar = await fetch(`${served.url('ada')}/${info.url}`, {
          headers: { authorization: `Bearer ${served.token('ada')}` },
        });
        expect(nar.status).toBe(200);
        expect(sha256(Buffer.from(await nar.arrayBuffer()))).toBe(info.fileHash);
        expect((await client.get(`${one.hash}.ls`)).status).toBe(200);
        for (const name of info.references)
          expect((await client.get(`${hashPartOf(name)}.narinfo`)).status).toBe(200);
      }
      if (!isGoneAllowed) for (const { hash } of acknowledged) expect(shown).toContain(hash);
      const files = readdirSync(join(folder.path, 'nar'), { recursive: true, encoding: 'utf8' });
      for (const file of files.filter((name) => name.includes('.nar'))) {
        const name = file.split('/').at(-1) ?? '';
        expect((await client.send('HEAD', `nar/${name}`)).status).toBe(200);
      }
      // And it goes on.
      for (const one of all) expect(await client.upload(one)).toBe(200);
      expect(served.errors).toEqual([]);
      return shown;
    } finally {
      await served.close();
    }
  };

  it.each<CacheStep>([
    'opened',
    'writing',
    'synced',
    'verified',
    'renamed',
    'recorded',
    'path-recorded',
  ])('while an upload is at "%s" keeps what it acknowledged, and nothing half', async (step) => {
    await upload(first);
    const doomed = await startDoomed(step);
    await expect(doomed.client.upload(second)).rejects.toThrow();
    expect(await doomed.ended).toEqual([null, 'SIGKILL']);
    const shown = await expectWhole([first]);
    if (step === 'path-recorded') expect(shown).toContain(second.hash);
  });

  it.each<CacheStep>(['paths-removed', 'nars-removed', 'files-removed'])(
    'while it collects at "%s" breaks no closure',
    async (step) => {
      await upload(...all);
      const doomed = await startDoomed(step);
      doomed.child.send({ collect: [first.name] });
      expect(await doomed.ended).toEqual([null, 'SIGKILL']);
      const shown = await expectWhole([first], true);
      expect([...shown]).toEqual([first.hash]);
    },
  );
});
