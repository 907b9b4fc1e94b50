import type { Project } from '../project.ts';
import type { FileSymbols } from '../symbols.ts';
import type { LintJob } from './problem.ts';

/** Jobs larger than this would not end in time. */
const filesMax = 2_000;

export interface ProjectFiles {
  /** URIs in order, from `joh.json`. */
  readonly sources: readonly string[];
  readonly top: string;
}

/**
 * What to check after `uri` was saved: the project's own list when it has one that holds the file,
 * else the file with everything it needs by name. Null when there is nothing to check, e.g. for a
 * header that nobody includes. `toPath` turns a URI into a path.
 */
export function planLint(
  project: Project,
  uri: string,
  listed: ProjectFiles | null,
  toPath: (uri: string) => string,
): LintJob | null {
  const isHeader = /\.(?:vh|svh)$/i.test(uri);
  const inList = listed?.sources.includes(uri) ?? false;
  if (
    listed &&
    (inList || (isHeader && listed.sources.some((one) => includes(project, one, uri))))
  ) {
    const sources = listed.sources.filter((one) => !/\.(?:vh|svh)$/i.test(one));
    return job(project, sources, sources, listed.top, toPath);
  }
  const roots = isHeader
    ? [...project.files()]
        .filter((file) => includes(project, file.uri, uri))
        .map((file) => file.uri)
    : [uri];
  const [root] = roots;
  if (root === undefined || /\.(?:vh|svh)$/i.test(root)) return null;
  const files = withDependencies(project, root);
  return job(project, files, [root], topOf(project, root, files), toPath);
}

/** The file and what it needs, needed files first. */
function withDependencies(project: Project, root: string): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (uri: string) => {
    if (seen.has(uri) || seen.size >= filesMax) return;
    seen.add(uri);
    const file = project.file(uri);
    for (const name of file?.uses ?? []) {
      const unit = nearest(
        project.units(name).map((found) => found.uri),
        uri,
      );
      if (unit) visit(unit);
    }
    for (const header of headersOf(project, uri)) {
      for (const name of project.file(header)?.uses ?? []) {
        const unit = nearest(
          project.units(name).map((found) => found.uri),
          uri,
        );
        if (unit) visit(unit);
      }
    }
    if (!/\.(?:vh|svh)$/i.test(uri)) order.push(uri);
  };
  visit(root);
  return order;
}

function job(
  project: Project,
  files: readonly string[],
  roots: readonly string[],
  top: string | null,
  toPath: (uri: string) => string,
): LintJob {
  const directories = new Set<string>();
  for (const uri of roots) directories.add(directoryOf(uri));
  for (const uri of files) {
    for (const file of [uri, ...headersOf(project, uri)]) {
      for (const include of project.file(file)?.includes ?? []) {
        const header = headerNamed(project, include.path, file);
        if (header) directories.add(header.slice(0, -encoded(include.path).length - 1));
      }
    }
  }
  return {
    files: files.map(toPath),
    includeDirectories: [...directories].map(toPath),
    top,
  };
}

/** Headers that a file includes, directly or not. */
function headersOf(project: Project, uri: string): string[] {
  const found = new Set<string>();
  const visit = (one: string) => {
    for (const include of project.file(one)?.includes ?? []) {
      const header = headerNamed(project, include.path, one);
      if (!header || found.has(header) || found.size > 500) continue;
      found.add(header);
      visit(header);
    }
  };
  visit(uri);
  return [...found];
}

function includes(project: Project, uri: string, header: string): boolean {
  return headersOf(project, uri).includes(header);
}

/** The file an `include names, as seen from `from`: the nearest whose path ends so. */
export function headerNamed(project: Project, path: string, from: string): string | null {
  const tail = `/${encoded(path.replace(/^(?:\.\.?\/)+/, ''))}`;
  const named = project.named(tail.slice(tail.lastIndexOf('/') + 1));
  const candidates = [...named].filter((uri) => uri.endsWith(tail));
  return nearest(candidates, from) ?? null;
}

/** The module of the root that no other file of the job instantiates, when it is the only one. */
function topOf(project: Project, root: string, files: readonly string[]): string | null {
  const modules = project.file(root)?.symbols.filter((symbol) => symbol.kind === 'module') ?? [];
  const inside = new Set<string>();
  for (const uri of files) {
    for (const name of (project.file(uri) as FileSymbols | undefined)?.uses ?? []) inside.add(name);
  }
  const tops = modules.filter((module) => !inside.has(module.name));
  return tops.length === 1 ? (tops[0]?.name ?? null) : null;
}

/** Of several files, the one that shares most of its path with `from`. */
function nearest(candidates: readonly string[], from: string): string | undefined {
  const shared = (uri: string) => {
    const left = uri.split('/');
    const right = from.split('/');
    let count = 0;
    while (count < left.length && left[count] === right[count]) count++;
    return count * 1_000 - left.length;
  };
  let best: string | undefined;
  for (const uri of candidates) {
    if (best === undefined || shared(uri) > shared(best)) best = uri;
  }
  return best;
}

function directoryOf(uri: string): string {
  return uri.slice(0, uri.lastIndexOf('/'));
}

function encoded(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
