import { fileURLToPath, pathToFileURL } from 'node:url';

/** The path of a `file:` URI; null for any other. */
export function pathOf(uri: string): string | null {
  if (!uri.startsWith('file:')) return null;
  try {
    return fileURLToPath(uri);
  } catch {
    return null;
  }
}

export function uriOf(path: string): string {
  return pathToFileURL(path).href;
}

/** Clients write the same path in several ways (`%28` or `(`); the index knows one. */
export function canonicalUri(uri: string): string {
  const path = pathOf(uri);
  return path ? uriOf(path) : uri;
}
