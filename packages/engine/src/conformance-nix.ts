/** The case of the conformance suite about images with a Nix store. */
import { execFileSync } from 'node:child_process';
import type { ContainerId } from '@joh/protocol';
import { expect } from 'vitest';
import { bound, type World } from './conformance-world.ts';

/** What the case needs of a kind whose containers can have Nix. */
export interface NixSubject {
  /** An image with a Nix store, which its nodes can run. */
  image: string;
  /** Runs a shell line in a container as its own user; its output. */
  sh(id: ContainerId, line: string): Promise<string>;
  /** All that the machines keep under a name with this in it. */
  kept(mark: string): string[];
}

/** Looks through the folder of one daemon or several, without what is mounted there. */
export function keptBelow(folder: string): NixSubject['kept'] {
  return (mark) => {
    // Some of it may go while it is looked at: find's own words and code then say nothing.
    const look = `find '${folder}' -xdev -name '*${mark}*' 2>/dev/null; :`;
    return execFileSync('sh', ['-c', look], { encoding: 'utf8' }).split('\n').filter(Boolean);
  };
}

const builds = (name: string) =>
  `nix-build --no-out-link -E 'derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo built > $out" ]; }'`;
/** Whatever else a user might change in the image; each line fails. */
const meddling = (program: string) =>
  ['/x', '/etc/x', '/usr/x', '/var/x', `${program}.x`]
    .map((path) => `touch ${path} && echo changed ${path};`)
    .concat(`rm -f ${program} && echo removed;`, `echo x >> ${program} && echo changed;`)
    .join(' ');

/** Nix's own, and what is writable in every container. */
const writable = /^\/(nix\/(store|var)|tmp$|run$|work$|home\/joh$)/;

export const casesOfNix = {
  'adds to the Nix store of its image, and nobody else sees it': async (world) => {
    const { engine, spec, until, nix } = world;
    if (!nix) throw new Error('name an image with Nix, or the reason why there is none');
    const [one, two] = [await spec({ image: nix.image }), await spec({ image: nix.image })];
    await engine.pull(nix.image, one.node, bound());
    await Promise.all([one, two].map((wanted) => engine.create(wanted, bound())));
    const mark = one.id.slice(-16);
    const added = await nix.sh(one.id, `cd /tmp; echo 1 > ${mark}; nix-store --add ${mark}`);
    expect(added).toMatch(new RegExp(`^/nix/store/\\w{32}-${mark}\\n$`));
    const built = await nix.sh(
      one.id,
      `path=$(${builds(`${mark}-built`)} 2>/tmp/log) || cat /tmp/log; cat $path; find $path -user $(id -u)`,
    );
    expect(built).toMatch(new RegExp(`^built\\n/nix/store/\\w{32}-${mark}-built\\n$`));
    // What is registered is what is there, the image's own paths among it.
    const verified = await nix.sh(one.id, 'nix-store --verify --check-contents; echo code $?');
    expect(verified).toMatch(/code 0\n$/);

    const program = (await nix.sh(two.id, 'readlink -f $(command -v nix-store)')).trim();
    expect(program).toMatch(/^\/nix\/store\//);
    expect(await nix.sh(two.id, 'ls /nix/store')).not.toContain(mark);
    const unknown = await nix.sh(
      two.id,
      `nix-store --check-validity ${added.trim()}; echo code $?`,
    );
    expect(unknown).toMatch(/code 1\n$/);
    for (const { id } of [one, two]) {
      expect(await nix.sh(id, meddling(program))).not.toMatch(/^(changed|removed)/m);
      const open = (await nix.sh(id, 'find / -xdev -type d -writable 2>/dev/null'))
        .trim()
        .split('\n');
      for (const folder of open) expect(folder).toMatch(writable);
      // Else what a user makes grow would count as root's.
      expect(await nix.sh(id, 'find /nix -type f -writable ! -user $(id -u)')).toBe('');
    }
    expect(nix.kept(mark)).not.toEqual([]);
    await engine.destroy(one.id, bound());
    await until('nothing is kept of it', () => nix.kept(mark).length === 0);
    expect(await nix.sh(two.id, 'nix-store --verify --check-contents; echo code $?')).toMatch(
      /code 0\n$/,
    );
    await engine.destroy(two.id, bound());
  },
} satisfies Record<string, (world: World) => Promise<void>>;

/** For the skips of kinds whose containers have no Nix. */
export const nixCases = Object.keys(casesOfNix) as (keyof typeof casesOfNix)[];
