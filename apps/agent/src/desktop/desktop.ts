/** The agent of the desktop application, put together: it reads no environment and makes no clock. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { desktopPages, type ShellLine } from '@joh/protocol';
import { limits } from '#limits';
import { createTelemetry } from '#telemetry';
import { createUpdates } from '#updates';
import { callHandlers } from './calls.ts';
import { createClosing } from './closing.ts';
import { createCloud } from './cloud.ts';
import { createHostDevices } from './devices.ts';
import { createSecretCheck, portProof } from './gate.ts';
import { createKnownFolders } from './known-folders.ts';
import { createOpenFolders, type OpenFolders } from './open-folders.ts';
import type { DesktopOptions } from './options.ts';
import { startServer } from './server.ts';
import { connectShell } from './shell-lines.ts';
import { createStateFiles } from './state-files.ts';

/** Serves until the shell is gone or the signal aborts; rejects when it cannot serve at all. */
export async function runDesktop(options: DesktopOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, env } = options;
  let onLine: (line: ShellLine) => void = () => undefined;
  const { shell, start } = await connectShell({ ...options, onLine: (line) => onLine(line) });
  const { data } = start;
  const home = env.HOME ?? '/';
  await mkdir(join(data, 'user'), { recursive: true, mode: 0o700 });
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
  const end = AbortSignal.any([signal, shell.gone]);
  const cloud = await createCloud({ ...options, data, home, signal: end });
  const closing = createClosing({ clock, open, first: () => first });
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
    onSocket: async (id) => (await open.get(id)).accept,
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
      updates,
      onKept: closing.kept,
    }),
  });
  onLine = (line) => {
    if ('closing' in line) {
      const { page } = line.closing;
      closing.keep(page).then(
        () => shell.say({ closed: { page } }),
        (error: unknown) => log(`closing: ${error}`),
      );
    }
    if ('open' in line) {
      const show = async () => {
        const { id } = await known.open(line.open.folder);
        const { first: page, folder } = desktopPages;
        await shell.ask({ kind: 'new-window', page, path: `${folder}${id}` });
      };
      show().catch((error: unknown) => log(`open: ${error}`));
    }
  };
  shell.say({ ready: { port: server.port, proof: portProof(start.secret, server.port) } });
  reportTelemetry(options, open, end);
  if (!end.aborted) {
    await new Promise((resolve) => end.addEventListener('abort', resolve, { once: true }));
  }
  await Promise.allSettled([open.close(), server.close()]);
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
