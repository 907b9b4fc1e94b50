/** What is inside of a package: names, versions and licences of everything that others wrote. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkedCrates, toolVersion } from './cargo.ts';
import { licenceTexts, unknownLicences } from './licences.ts';

export interface Part {
  name: string;
  version: string;
  origin: 'npm' | 'cargo' | 'rust';
  /** As the part itself says: an SPDX expression. */
  licence: string;
  /** Its licence files, or the standard text of what it says. */
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
/** They put a few lines of their own into a bundle, and nothing of what they are made of. */
const bundlers = /^vite$|^rolldown$/;
/** What is left out of the application, and is a package of its own. */
const toolchain = /^@yowasp\//;

/**
 * The list of one package, in the order of its names. Parts that are only linked to are not in it.
 * @throws naming the parts whose licence nobody of this project has looked at.
 */
export function contentsOf(which: 'application' | 'toolchain'): Part[] {
  const isToolchain = which === 'toolchain';
  const npm = npmParts().filter(({ name }) => toolchain.test(name) === isToolchain);
  const all = isToolchain ? npm : [...npm, nodePart(), rustPart(), ...cargoParts()];
  const unknown = unknownLicences(all);
  if (unknown.length > 0) throw new Error(`licences to look at first: ${unknown.join('; ')}`);
  const key = ({ name, version }: Part) => `${name} ${version}`;
  return all.sort((one, other) => (key(one) < key(other) ? -1 : 1));
}

/** Everything that the agent and the IDE depend on, found in the lockfile as Node finds it. */
function npmParts(): Part[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const nameOf = (place: string) =>
    place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const reached = new Set<string>();
  const follow = (place: string) => {
    const { dependencies, optionalDependencies } = packages[place] ?? {};
    const isBundler = bundlers.test(nameOf(place));
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (isBundler && !bundlers.test(name)) continue;
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
      const { version = '?', license = '' } = packages[place] ?? {};
      const { name, author } = JSON.parse(readFileSync(join(root, place, 'package.json'), 'utf8'));
      const texts = licenceTexts(join(root, place), license, author?.name ?? author);
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
  const texts = licenceTexts(folder, 'MIT');
  return { name: 'node', version, origin: 'npm', licence: 'MIT', texts };
}

/** Rust's own library is in every program that it compiles. */
function rustPart(): Part {
  const licence = 'MIT OR Apache-2.0';
  const version = toolVersion('rustc').split(' ')[1] ?? '?';
  const texts = licenceTexts('', licence, 'The Rust Project Contributors');
  return { name: 'std', version, origin: 'rust', licence, texts };
}

function cargoParts(): Part[] {
  return linkedCrates().map(({ name, version, license, authors, folder }) => ({
    name,
    version,
    origin: 'cargo',
    licence: license ?? '',
    texts: licenceTexts(folder, license ?? '', authors.join(', ')),
  }));
}
