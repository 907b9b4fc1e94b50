import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newerNix } from '@joh/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

const recipe = join(import.meta.dirname, '..', '..', 'session-image');
const stub = join(import.meta.dirname, 'stub-packages.nix');
const dockerfiles = ['Dockerfile', 'seed/Dockerfile'].map((name) =>
  readFileSync(join(recipe, name), 'utf8'),
);

interface Layer {
  name: string;
  tag: string | null;
  fromImage: Layer | string | null;
  copyToRoot: string[];
  extraCommands: string;
  config: { Entrypoint?: string[]; User?: string; WorkingDir?: string; Env?: string[] };
}

/** The image and what is below it, the lowest first; at last an image that was pulled, if any. */
function layersOf(program: readonly string[], given = ''): (Layer | string)[] {
  const expression = `import ${recipe} { nixpkgs = ${stub}; pkgs = import ${stub} { }; agent = "/agent"; ${given} }`;
  const features = ['--option', 'experimental-features', 'nix-command'];
  const parameters = ['eval', ...features, '--impure', '--read-only', '--json', '--expr'];
  const [command = '', ...first] = program;
  const run = spawnSync(command, [...first, ...parameters, expression], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, NIX_CONF_DIR: '/nowhere', HOME: '/nowhere' },
  });
  if (run.error) throw new Error('apt-get install nix-bin', { cause: run.error });
  if (run.status !== 0) throw new Error(run.stderr);
  const layers: (Layer | string)[] = [];
  let at: Layer | string | null = JSON.parse(run.stdout);
  while (at !== null) {
    layers.unshift(at);
    at = typeof at === 'string' ? null : at.fromImage;
  }
  return layers;
}

/** The names and values of an image that a Dockerfile sets. */
function environmentOf(dockerfile: string): string[] {
  const set = /^ENV ((?:.*\\\n)*.*)$/m.exec(dockerfile)?.[1] ?? '';
  return set.split(/\s*\\\n\s*/).filter(Boolean);
}

const programs = { 'Debian’s Nix': ['nix'], 'the newest Nix of Debian': [] as string[] };
beforeAll(async () => {
  programs['the newest Nix of Debian'].push(...(await newerNix()));
});

describe.each(Object.keys(programs) as (keyof typeof programs)[])(
  'the session image as a Nix expression, read by %s',
  (name) => {
    it('has the Dockerfile’s layers, user, entry and environment', () => {
      const layers = layersOf(programs[name]) as Layer[];
      expect(layers.map((layer) => layer.name)).toEqual([
        'joh-session-system',
        'joh-session-seed',
        'joh-session',
      ]);
      const [system, seed, agent] = layers as [Layer, Layer, Layer];
      const { Env = [], ...config } = agent.config;
      const said = (pattern: RegExp) => pattern.exec(dockerfiles[0] ?? '')?.[1];
      expect(config).toEqual({
        Entrypoint: JSON.parse(said(/^ENTRYPOINT (.*)$/m) ?? ''),
        User: said(/^USER (.*)$/m),
        WorkingDir: said(/^WORKDIR (.*)$/m),
      });
      const isPath = (one: string) => one.startsWith('PATH=');
      const expected = dockerfiles.flatMap(environmentOf);
      expect(Env.filter((one) => !isPath(one)).sort()).toEqual(
        expected.filter((one) => !isPath(one)).sort(),
      );
      // Of a base that is not Debian, the rest is elsewhere.
      expect(Env.find(isPath)?.split(':')[0]).toBe(expected.find(isPath)?.split(':')[0]);
      expect(agent.tag).toBe('dev');
      expect(agent.extraCommands).toContain('cp -r /agent opt/joh/agent');

      const commands = /for pair in (.*); do/.exec(dockerfiles[0] ?? '')?.[1]?.split(' ') ?? [];
      const names: Record<string, string> = { 'openssh-client': 'openssh' };
      for (const pair of commands) {
        const debian = pair.split(':')[1] ?? '';
        expect(system.copyToRoot.join()).toContain(`/pkgs/${names[debian] ?? debian}`);
      }
      for (const uid of [20_000, 20_511]) {
        const user = `joh:x:${uid}:${uid}:Joy of Hardware:/home/joh:/bin/bash\n`;
        expect(system.extraCommands).toContain(user);
      }
      expect(system.extraCommands).not.toContain('joh:x:20512:');
      expect(seed.extraCommands).toMatch(/ln -sfn \/pkgs\/joh-seed\(.*nextpnr/s);
      expect(seed.extraCommands).toContain('chmod 1777 nix/store');
    });

    it('stands on a base that is named, and keeps what that knows of its store', () => {
      const base =
        'base = { imageName = "nixos/nix"; imageDigest = "sha256:1"; hash = "sha256-1"; };';
      const [lowest, , seed] = layersOf(programs[name], base);
      expect(lowest).toBe('/pkgs/nixos/nix@sha256:1');
      expect((seed as Layer).extraCommands).toContain('--dump-db');
    });
  },
);
