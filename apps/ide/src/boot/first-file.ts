/** Which file a project shows when nothing is remembered of it. */
import type { AgentConnection } from '@joh/client';
import type { FileEntry } from '@joh/protocol';

const hdl = /\.(sv|v|vhdl|vhd)$/;
/** Folders that hold the sources in most projects, best first. */
const sourceFolders = ['src', 'rtl', 'hdl', 'source', 'sources'];

/** The name to open among the top folder's entries; null when a source folder may have better. */
export function firstFileIn(entries: readonly FileEntry[]): string | null {
  const names = entries.filter(({ type }) => type === 'file').map(({ name }) => name);
  const sources = names.filter((name) => hdl.test(name) && !/(^|_)(tb|test)(_|\.)/.test(name));
  return sources.find((name) => /^top\./.test(name)) ?? sources.sort()[0] ?? null;
}

/** The source folder to look in. */
export function sourceFolderIn(entries: readonly FileEntry[]): string | null {
  const folders = entries.filter(({ type }) => type === 'directory').map(({ name }) => name);
  return sourceFolders.find((name) => folders.includes(name)) ?? null;
}

export function readmeIn(entries: readonly FileEntry[]): string | null {
  return (
    entries.find(({ name, type }) => type === 'file' && /^readme\.md$/i.test(name))?.name ?? null
  );
}

/** Asks the agent; null when there is none, or it cannot be known. Never rejects. */
export async function findFirstFile(
  whenAgent: Promise<Pick<AgentConnection, 'call'>>,
  root: string,
): Promise<string | null> {
  try {
    const agent = await whenAgent;
    const list = async (path: string) => (await agent.call('files.list', { path })).entries;
    const top = await list(root);
    const here = firstFileIn(top);
    if (here) return `${root}/${here}`;
    const folder = sourceFolderIn(top);
    const inside = folder ? firstFileIn(await list(`${root}/${folder}`)) : null;
    if (inside) return `${root}/${folder}/${inside}`;
    const readme = readmeIn(top);
    return readme && `${root}/${readme}`;
  } catch {
    // No first file is a smaller loss than no IDE; the explorer will say what is wrong.
    return null;
  }
}
