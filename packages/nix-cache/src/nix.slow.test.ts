import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createNixMachine,
  type NixMachine,
  newerNix,
  type TemporaryFolder,
  temporaryFolder,
} from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServedCache, serveCache } from './served-cache.ts';

/** Two derivations, one in the other; `/bin/busybox` is the machine's static shell. */
const expression = (word: string) => `
let
  builder = name: script: derivation {
    inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ];
  };
  lower = builder "lower" "echo building lower; echo ${word} > $out";
in builder "upper" ''
  b=/bin/busybox
  echo building upper
  $b mkdir -p $out/bin; echo "#!/bin/sh" > $out/bin/tool; $b chmod +x $out/bin/tool
  $b ln -s bin/tool $out/link; echo \${lower} > $out/needs
  $b dd if=/dev/urandom of=$out/data bs=1024 count=1500
''
`;

describe.each([
  ['Nix of Debian bookworm', () => Promise.resolve(['nix'])],
  ['the newest Nix of Debian', newerNix],
] as [string, () => Promise<readonly string[]>][])('%s', (_, program) => {
  let folder: TemporaryFolder;
  let served: ServedCache;
  let file: string;
  let count = 0;
  beforeEach(async () => {
    folder = await temporaryFolder('joh-nix-cache');
    served = await serveCache(join(folder.path, 'cache'), { isPublic: true });
    file = join(folder.path, 'default.nix');
    await writeFile(file, expression('hello'));
  });
  afterEach(async () => {
    await served.close();
    await folder.remove();
  });

  const newMachine = async (namespace: string | null, access: 'read' | 'write' = 'write') => {
    const keys = served.cache.publicKeys(namespace ?? 'base').join(' ');
    count += 1;
    const machine = await createNixMachine({
      folder: join(folder.path, `machine-${count}`),
      program: await program(),
      configuration: [
        `substituters = ${served.url(namespace ?? 'base')}`,
        `trusted-public-keys = ${keys}`,
      ],
    });
    if (namespace) await machine.signIn('127.0.0.1', namespace, served.token(namespace, access));
    return machine;
  };
  const ok = async (run: ReturnType<NixMachine['nix']>) => {
    const { exitCode, log, output } = await run;
    expect({ exitCode, log }).toMatchObject({ exitCode: 0 });
    return output;
  };
  const copyTo = (machine: NixMachine, namespace: string, path: string, query = '') =>
    machine.nix('copy', '--to', `${served.url(namespace)}${query}`, path);
  /** As `--store` the cache itself. */
  const ask = (machine: NixMachine, verb: string[], namespace: string, ...rest: string[]) =>
    machine.nix(...verb, '--store', served.url(namespace), ...rest);

  it('builds on one machine, and the other substitutes without building', async () => {
    const first = await newMachine('ada');
    const { path, log } = await first.build(file);
    expect(log).toContain('building upper');
    await ok(copyTo(first, 'ada', path, '?compression=zstd'));

    const second = await newMachine('ada', 'read');
    const built = await second.build(file);
    expect(built.path).toBe(path);
    expect(built.log).not.toContain('building upper');
    expect(built.log).toContain(`copying path '${path}'`);
    await ok(second.nix('path-info', '-r', path));
    await ok(second.nix('store', 'verify', '-r', path));
  });

  it.each(['xz', 'none', 'zstd'])(
    'takes and gives %s, lists it and reads files of it',
    async (how) => {
      const first = await newMachine('ada');
      const { path } = await first.build(file);
      await ok(copyTo(first, 'ada', path, `?compression=${how}&write-nar-listing=true`));
      const second = await newMachine('ada', 'read');
      const listing = await ok(ask(second, ['store', 'ls'], 'ada', '-lR', path));
      expect(listing).toMatch(/-r-xr-xr-x +\d+ \.?\/?bin\/tool/);
      expect(listing).toMatch(/link -> bin\/tool/);
      expect(await ok(ask(second, ['store', 'cat'], 'ada', `${path}/bin/tool`))).toBe(
        '#!/bin/sh\n',
      );
      const info = JSON.parse(await ok(ask(second, ['path-info'], 'ada', '--json', path)));
      const [{ signatures, url }] = Array.isArray(info) ? info : Object.values(info);
      expect(signatures).toEqual([expect.stringMatching(/^test-ada-1:/)]);
      expect(url).toMatch(how === 'none' ? /\.nar$/ : /\.nar\.(zst|xz)$/);
      const keys = served.cache.publicKeys('ada').join(' ');
      await ok(ask(second, ['store', 'verify'], 'ada', '--trusted-public-keys', keys, '-r', path));
    },
  );

  it('tells what a content-addressed derivation gives', async () => {
    await writeFile(
      file,
      `derivation {
        name = "addressed"; system = "x86_64-linux"; builder = "/bin/sh";
        args = [ "-c" "echo building addressed; echo hello > $out" ];
        __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256";
      }`,
    );
    const features = ['--option', 'experimental-features', 'nix-command ca-derivations'];
    const first = await newMachine('ada');
    const { path, log } = await first.build(file, ...features);
    expect(log).toContain('building addressed');
    await ok(first.nix('copy', ...features, '--to', served.url('ada'), '-f', file));
    const second = await newMachine('ada', 'read');
    const built = await second.build(file, ...features);
    expect(built).toMatchObject({ path, log: expect.not.stringContaining('building addressed') });
  });

  it('keeps build logs', async () => {
    const first = await newMachine('ada');
    const { path } = await first.build(file);
    await ok(copyTo(first, 'ada', path));
    await ok(first.nix('store', 'copy-log', '--to', served.url('ada'), path));
    const second = await newMachine('ada', 'read');
    expect(await ok(ask(second, ['log'], 'ada', path))).toContain('building upper');
  });

  it('is told why, where a path changes, a token only reads, or a namespace is another’s', async () => {
    const first = await newMachine('ada');
    const { path } = await first.build(file);
    await ok(copyTo(first, 'ada', path));
    // Random data: another build of the same derivation has other contents.
    const rival = await newMachine(null);
    await rival.signIn('127.0.0.1', 'ada', served.token('ada'));
    expect((await rival.build(file, '--option', 'substitute', 'false')).path).toBe(path);
    const again = await copyTo(rival, 'ada', path);
    expect(again.exitCode).toBe(0);

    const reader = await newMachine('ada', 'read');
    await reader.build(file, '--option', 'substitute', 'false');
    await writeFile(file, expression('other'));
    const other = await reader.build(file, '--option', 'substitute', 'false');
    const refused = await copyTo(reader, 'ada', other.path);
    expect(refused).toMatchObject({ exitCode: 1, log: expect.stringContaining('403') });
    await reader.signIn('127.0.0.1', 'bob', served.token('bob'));
    const foreign = await copyTo(reader, 'ada', other.path);
    expect(foreign).toMatchObject({ exitCode: 1, log: expect.stringContaining('may not write') });
    const anonymous = await newMachine(null);
    await anonymous.build(file);
    expect(await copyTo(anonymous, 'ada', other.path)).toMatchObject({ exitCode: 1 });
  });

  it('gives what is in the base to everyone, and a namespace to its owner alone', async () => {
    const operator = await newMachine('base');
    const { path } = await operator.build(file);
    await ok(copyTo(operator, 'base', path));
    for (const namespace of ['ada', 'bob', null]) {
      const { log } = await (await newMachine(namespace, 'read')).build(file);
      expect(log).not.toContain('building upper');
    }
    await writeFile(file, expression('secret'));
    const ada = await newMachine('ada');
    const own = await ada.build(file);
    await ok(copyTo(ada, 'ada', own.path));
    const { log } = await (await newMachine('bob', 'read')).build(file);
    expect(log).toContain('building upper');
  });

  it('still trusts paths while keys are rotated', async () => {
    const first = await newMachine('ada');
    const { path } = await first.build(file);
    await ok(copyTo(first, 'ada', path));
    served.cache.keyring.add('ada');
    await served.cache.reload();
    served.cache.keyring.retire('ada', 'test-ada-1');
    await served.cache.reload();
    const { log } = await (await newMachine('ada', 'read')).build(file);
    expect(log).not.toContain('building upper');
    expect(served.cache.publicKeys('ada')[0]).toMatch(/^test-ada-2:/);
  });
});
