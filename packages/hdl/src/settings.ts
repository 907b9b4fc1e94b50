import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { globPattern } from './globs.ts';
import type { ProjectFiles } from './lint/plan.ts';
import type { Project } from './project.ts';
import { readSourceText } from './source-text.ts';

const settingsBytesMax = 1024 * 1024;

/** The part of `joh.json` that the language server needs. */
export interface ProjectSettings {
  readonly folder: string;
  readonly top: string;
  readonly sources: readonly string[];
}

/** Reads `joh.json` of a folder; null when there is none or it is not usable. */
export async function readSettings(folder: string): Promise<ProjectSettings | null> {
  const text = await readSourceText(join(folder, 'joh.json'), settingsBytesMax);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { top, sources } = value as { top?: unknown; sources?: unknown };
  if (typeof top !== 'string' || !/^[A-Za-z_][\w$]*$/.test(top)) return null;
  if (!Array.isArray(sources) || !sources.every((one) => typeof one === 'string')) return null;
  return { folder, top, sources };
}

/** The files that the settings' globs name, in the globs' order, each once. */
export function listedFiles(settings: ProjectSettings, project: Project): ProjectFiles {
  const paths = [...project.files()].flatMap((file) => {
    if (!file.uri.startsWith('file:')) return [];
    const path = relative(settings.folder, fileURLToPath(file.uri)).split(sep).join('/');
    return path.startsWith('../') ? [] : [{ uri: file.uri, path }];
  });
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  const sources = new Set<string>();
  for (const glob of settings.sources) {
    const pattern = globPattern(glob.replace(/^\.\//, ''));
    for (const { uri, path } of paths) if (pattern.test(path)) sources.add(uri);
  }
  return { sources: [...sources], top: settings.top };
}
