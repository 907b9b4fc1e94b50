import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createNixMachine, type NixMachine } from '@joh/testkit';

/** Paths of some megabytes each, half of it text and half noise, as programs and data are. */
const paths = 16;
const kilobytesEach = 3_000;

/** Builds what is copied; returns the path that needs all the others. */
export async function buildClosure(folder: string): Promise<{ machine: NixMachine; path: string }> {
  const file = join(folder, 'closure.nix');
  await writeFile(
    file,
    `
let
  builder = name: script: derivation {
    inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ];
  };
  part = number: builder "part-\${toString number}" ''
    b=/bin/busybox; $b mkdir $out
    $b dd if=/dev/urandom of=$out/noise bs=1024 count=${kilobytesEach / 2}
    $b yes "text of \${toString number}" | $b head -c ${(kilobytesEach / 2) * 1024} > $out/text
  '';
in builder "closure" "echo \${toString (builtins.genList part ${paths})} > $out"
`,
  );
  const machine = await createNixMachine({ folder: join(folder, 'machine') });
  const { path } = await machine.build(file);
  return { machine, path };
}

/** Seconds that `nix copy` takes to a place that has nothing of it. */
export async function timeCopy(
  from: NixMachine,
  folder: string,
  path: string,
  to: { url: string; secret: string },
): Promise<number> {
  // A machine that never asked this cache anything; its store is the one that was built.
  const machine = await createNixMachine({ folder });
  await machine.signIn('127.0.0.1', 'bench', to.secret);
  const start = performance.now();
  const { exitCode, log } = await machine.nix(
    ...['copy', '--store', from.store, '--to', `${to.url}?compression=zstd`, path],
  );
  if (exitCode !== 0) throw new Error(`nix copy failed:\n${log}`);
  return (performance.now() - start) / 1000;
}

export const closureMegabytes = (paths * kilobytesEach * 1024) / 1e6;
