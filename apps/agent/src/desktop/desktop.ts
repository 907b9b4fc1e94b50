/** The agent of the desktop application, put together: it reads no environment and makes no clock. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Transport, wsTransport } from '@joh/link';
import { deskLink, desktopPages, type ShellLine, sessionId } from '@joh/protocol';
import type { WebSocket } from 'ws';
import { limits } from '#limits';
import { createTelemetry } from '#telemetry';
import { createUpdates } from '#updates';
import { callHandlers } from './calls.ts';
import { type Closing, createClosing } from './closing.ts';
import { createCloud } from './cloud.ts';
import { createCloudSessions } from './cloud-sessions.ts';
import { lockData } from './data-lock.ts';
import { createDesks, type Desks } from './desks.ts';
import { createHostDevices } from './devices.ts';
import { createSecretCheck, portProof } from './gate.ts';
import { createKnownFolders, type KnownFolders } from './known-folders.ts';
import { createOpenFolders, type OpenFolders } from './open-folders.ts';
import type { DesktopOptions } from './options.ts';
import { createRelay } from './relay.ts';
import { startServer } from './server.ts';
import { connectShell, type Shell } from './shell-lines.ts';
import { createStateFiles } from './state-files.ts';

/** Serves until the shell is gone or the signal aborts; rejects when it cannot serve at all. */
export async function runDesktop(options: DesktopOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, env } = options;
  let onLine: (line: ShellLine) => void = () => undefined;
  const { shell, start } = await connectShell({ ...options, onLine: (line) => onLine(line) });
  const { data } = start;
  const home = env.HOME ?? '/';
  const user = join(data, 'user');
  await mkdir(user, { recursive: true, mode: 0o700 });
  const end = AbortSignal.any([signal, shell.gone]);
  const unlock = await lockData(data, clock, end);
  const known = await createKnownFolders({ file: join(data, 'folders.json'), home, clock });
  const first = start.folder === null ? null : (await known.open(start.folder)).id;
  const isSecret = createSecretCheck(start.secret, clock);
  const devices = createHostDevices(options);
  const open = createOpenFolders({
    ...options,
    find: known.get,
    devices: devices.serve,
    isSecret,
  });
  const desks = await createDesks({ ...options, user, devices, isSecret });
  const cloud = await createCloud({ ...options, data, home, signal: end });
  const closing = createClosing({ clock, open: linksOf(open, desks), first: () => first });
  const updates = createUpdates({
    ...options,
    platform: process.platform,
    arch: process.arch,
    configured: start.updates ?? null,
    folder: join(data, 'updates'),
    fetch: (at, init) => fetch(at, init),
    signal: end,
  });
  const server = await startServer({
    ...start,
    clock,
    log,
    isSecret,
    onSocket: sockets(open, desks, createRelay({ clock, log, isSecret, cloud })),
    calls: callHandlers({
      options,
      first: () => first,
      data,
      home,
      known,
      open,
      state: createStateFiles(join(data, 'state')),
      shell,
      cloud,
      sessions: createCloudSessions({ cloud, signal: end }),
      updates,
      onKept: closing.kept,
    }),
  });
  onLine = (line) => {
    heed(line, { closing, known, shell }).catch((error: unknown) => log(`shell: ${error}`));
  };
  shell.say({ ready: { port: server.port, proof: portProof(start.secret, server.port) } });
  reportTelemetry(options, open, end);
  if (!end.aborted) {
    await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
  }
  desks.close();
  await Promise.allSettled([open.close(), server.close()]);
  unlock();
}

async function heed(
  line: ShellLine,
  { closing, known, shell }: { closing: Closing; known: KnownFolders; shell: Shell },
): Promise<void> {
  if ('closing' in line) {
    await closing.keep(line.closing.page);
    shell.say({ closed: line.closing });
  }
  if ('open' in line) {
    const { id } = await known.open(line.open.folder);
    const { first: page, folder } = desktopPages;
    await shell.ask({ kind: 'new-window', page, path: `${folder}${id}` });
  }
}

/** Who takes a websocket, by the last part of its path. */
function sockets(open: OpenFolders, desks: Desks, relay: ReturnType<typeof createRelay>) {
  const as = (accept: (transport: Transport) => void) => (websocket: WebSocket) =>
    accept(wsTransport(websocket));
  return async (target: string): Promise<(websocket: WebSocket) => void> => {
    if (target === deskLink) return as(desks.accept);
    const session = sessionId.safeParse(target);
    if (session.success) return (websocket) => relay(websocket, session.data);
    return as((await open.get(target)).accept);
  };
}

/** The links to this agent that the windows of a folder or a session have. */
function linksOf(open: OpenFolders, desks: Desks) {
  return (id: string | null) => [
    ...open.current().filter(({ folder }) => id === null || folder.id === id),
    ...desks.current().filter(({ session }) => id === null || session === id),
  ];
}

/** Of this computer, once a second while a window looks. */
function reportTelemetry(options: DesktopOptions, open: OpenFolders, signal: AbortSignal): void {
  const { clock, log } = options;
  const looking = () => open.current().filter((folder) => folder.attached() > 0);
  const telemetry = createTelemetry({
    clock,
    work: () => looking()[0]?.folder.path ?? '/',
    onWarning: ({ severity, text }) => {
      for (const { notify } of looking()) void notify('message', { severity, text });
    },
  });
  const report = async () => {
    if (looking().length > 0) open.telemetry(await telemetry.sample());
  };
  clock.every(limits.telemetryMs, report, signal, (error) => log(`telemetry: ${error}`));
}
