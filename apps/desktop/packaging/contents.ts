/** What is inside of a package: names, versions and licences of everything that others wrote. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cargoMetadata } from './cargo.ts';

export interface Part {
  name: string;
  version: string;
  origin: 'npm' | 'cargo';
  /** As the part itself says: an SPDX expression. */
  licence: string;
  /** Its licence files. */
  texts: string[];
}

interface Locked {
  version?: string;
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  link?: boolean;
  resolved?: string;
}

const root = join(import.meta.dirname, '../../..');
/** Where the bundles begin. */
const beginnings = ['apps/agent', 'apps/ide'];
/** What is left out of the application, and is a package of its own. */
const toolchain = /^@yowasp\//;

/** The list of one package, in the order of its names. Parts that are only linked to are not in it. */
export function contentsOf(which: 'application' | 'toolchain'): Part[] {
  const isToolchain = which === 'toolchain';
  const npm = npmParts().filter(({ name }) => toolchain.test(name) === isToolchain);
  const all = isToolchain ? npm : [...npm, nodePart(), ...cargoParts()];
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Everything that the agent and the IDE depend on, found in the lockfile as Node finds it. */
function npmParts(): Part[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const reached = new Set<string>();
  const follow = (place: string) => {
    const { dependencies, optionalDependencies } = packages[place] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = placeOf(packages, place, name);
      if (found === null || reached.has(found) || !existsSync(join(root, found))) continue;
      reached.add(found);
      follow(packages[found]?.link ? (packages[found].resolved ?? found) : found);
    }
  };
  for (const place of beginnings) follow(place);
  return [...reached]
    .filter((place) => !packages[place]?.link)
    .map((place) => {
      const { version = '?', license = 'see its files' } = packages[place] ?? {};
      const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
      const texts = licenceFiles(join(root, place));
      return { name, version, origin: 'npm' as const, licence: license, texts };
    });
}

/** The nearest `node_modules` upwards that has the package. */
function placeOf(packages: Record<string, Locked>, from: string, name: string): string | null {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = `${folder ? `${folder}/` : ''}node_modules/${name}`;
    if (packages[place]) return place;
    if (!folder) return null;
  }
}

function nodePart(): Part {
  const folder = join(root, `node_modules/node-${process.platform}-${process.arch}`);
  const version = process.version.slice(1);
  return { name: 'node', version, origin: 'npm', licence: 'MIT', texts: licenceFiles(folder) };
}

function cargoParts(): Part[] {
  return cargoMetadata().map(({ name, version, license, folder }) => ({
    name,
    version,
    origin: 'cargo',
    licence: license ?? 'see its files',
    texts: licenceFiles(folder),
  }));
}

function licenceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
    .map((entry) => readFileSync(join(folder, entry.name), 'utf8'));
}
