/** `joh cp`: a file or folder into or out of a session. */
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AgentConnection } from '@joh/client';
import { fault, isFault, type Session } from '@joh/protocol';
import type { Command } from 'commander';
import { type Context, pathInSession, withAgent } from '../context.ts';
import type { WithContext } from './accounts.ts';

/** Adds `joh cp`. */
export function addCopyCommand(program: Command, withContext: WithContext): void {
  program
    .command('cp <from> <to>')
    .description('copy a file or folder; a path in a session is SESSION:PATH')
    .action((from: string, to: string) => withContext((context) => copy(context, from, to)));
}

async function copy(context: Context, from: string, to: string): Promise<void> {
  const source = remote(from);
  const target = remote(to);
  if ((source === null) === (target === null)) {
    throw fault('E_REQUEST_INVALID', {
      reason: 'exactly one of the two paths must be SESSION:PATH',
    });
  }
  const files = source
    ? await withAgent(context, source.session, (agent, session) =>
        download(agent, pathInSession(session, source.path), to),
      )
    : target
      ? await withAgent(context, target.session, (agent, session) =>
          upload(agent, session, from, target.path),
        )
      : 0;
  context.output.line(`Copied ${files} ${files === 1 ? 'file' : 'files'}.`);
  context.output.result({ files });
}

/** `SESSION:PATH`; a local path with a colon is written `./a:b`. */
function remote(text: string): { session: string; path: string } | null {
  const colon = text.indexOf(':');
  if (colon <= 0 || text.startsWith('.') || text.startsWith('/')) return null;
  return { session: text.slice(0, colon), path: text.slice(colon + 1) || '.' };
}

async function download(agent: AgentConnection, from: string, to: string): Promise<number> {
  const { type, targetType } = await agent.call('files.stat', { path: from });
  const into = (await isFolder(to)) ? join(to, basename(from)) : to;
  if ((targetType ?? type) !== 'directory') {
    const data = await agent.readFile(from);
    await mkdir(dirname(into), { recursive: true });
    // A copy that is cut off must not look like a whole one.
    await writeFile(`${into}.part`, data);
    await rename(`${into}.part`, into);
    return 1;
  }
  const { entries } = await agent.call('files.list', { path: from });
  await mkdir(into, { recursive: true });
  let files = 0;
  for (const { name } of entries)
    files += await download(agent, `${from}/${name}`, join(into, name));
  return files;
}

async function upload(
  agent: AgentConnection,
  session: Session,
  from: string,
  to: string,
): Promise<number> {
  const wanted = pathInSession(session, to);
  const target = await remoteType(agent, wanted);
  const into = target === 'directory' ? `${wanted}/${basename(from)}` : wanted;
  return uploadTo(agent, from, into);
}

async function uploadTo(agent: AgentConnection, from: string, into: string): Promise<number> {
  const { mode } = await stat(from);
  if (!(await isFolder(from))) {
    await agent.writeFile(into, await readFile(from), {
      create: true,
      overwrite: true,
      mode: mode & 0o777,
    });
    return 1;
  }
  if ((await remoteType(agent, into)) === null)
    await agent.call('files.makeDirectory', { path: into });
  let files = 0;
  for (const name of await readdir(from))
    files += await uploadTo(agent, join(from, name), `${into}/${name}`);
  return files;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

async function remoteType(agent: AgentConnection, path: string): Promise<string | null> {
  try {
    const { type, targetType } = await agent.call('files.stat', { path });
    return targetType ?? type;
  } catch (error) {
    if (isFault(error, 'E_FILE_UNKNOWN')) return null;
    throw error;
  }
}
