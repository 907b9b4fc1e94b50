/** The folders that have windows: each with its project, its terminals and the links of its windows. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createServerLinks, type ServerLinks, type Transport } from '@joh/link';
import { closes, type DesktopFolder, fault, type TelemetrySample } from '@joh/protocol';
import { createBoards } from '#boards';
import { type Connection, type ProjectServices, serveLink } from '#connections';
import { limits } from '#limits';
import { createNix } from '#nix';
import { usbEnvironment } from '#processes';
import { createProject } from '#project';
import { createTerminals } from '#terminals';
import { createGit } from '#workspace';
import { refuseHuge, refuseWayOut } from './boundary.ts';
import type { SecretCheck } from './gate.ts';
import type { DesktopOptions } from './options.ts';
import { restricted } from './restricted.ts';

interface OpenFolder {
  folder: DesktopFolder;
  accept(transport: Transport): void;
  /** Windows that are connected right now. */
  attached(): number;
  /** To each of them. */
  notify: Connection['notify'];
  close(): Promise<void>;
}

export interface OpenFolders {
  /** The same for all windows of the folder. Throws `E_FOLDER_UNKNOWN`. */
  get(id: string): Promise<OpenFolder>;
  /** Those that are open, without opening any. */
  current(): OpenFolder[];
  /** From now on it is another; what runs in the old one ends when its windows have gone, which is soon. */
  reopen(id: string): Promise<void>;
  telemetry(sample: TelemetrySample): void;
  close(): Promise<void>;
}

interface FolderOptions extends DesktopOptions {
  devices: ProjectServices['devices'];
  isSecret: SecretCheck;
}

export function createOpenFolders(
  options: FolderOptions & { find: (id: string) => Promise<DesktopFolder> },
): OpenFolders {
  const all = new Map<string, Promise<OpenFolder>>();
  const ready = new Map<string, OpenFolder>();
  /** Opened anew, and not closed yet. */
  const retired = new Set<OpenFolder>();
  let count = 0;
  const open = async (id: string) => {
    count += 1;
    // A socket's path is short, and one that was opened anew has its own.
    const runtime = join(options.runtime, String(count));
    const opened = await openFolder(await options.find(id), { ...options, runtime });
    ready.set(id, opened);
    return opened;
  };
  const take = async (id: string) => {
    const opened = await all.get(id)?.catch(() => null);
    all.delete(id);
    ready.delete(id);
    return opened ?? null;
  };
  /** Its windows load again, and may still be writing what they have. */
  const retire = async (opened: OpenFolder) => {
    retired.add(opened);
    void opened.notify('window.closing', {});
    const until = options.clock.monotonic() + limits.closingMs;
    while (opened.attached() > 0 && options.clock.monotonic() < until)
      await options.clock.sleep(limits.retiringLookMs);
    retired.delete(opened);
    await opened.close();
  };
  return {
    get: (id) => {
      const opened = all.get(id) ?? open(id);
      all.set(id, opened);
      opened.catch(() => {
        if (all.get(id) === opened) all.delete(id);
      });
      return opened;
    },
    current: () => [...ready.values()],
    reopen: async (id) => {
      const opened = await take(id);
      if (opened) retire(opened).catch((error: unknown) => options.log(`reopen: ${error}`));
    },
    telemetry: (sample) => {
      for (const { notify } of ready.values()) void notify('telemetry', sample);
    },
    close: async () => {
      const taken = await Promise.all([...all.keys()].map(take));
      const open = [...taken, ...retired].filter((one) => one !== null);
      await Promise.allSettled(open.map((one) => one.close()));
    },
  };
}

async function openFolder(folder: DesktopFolder, options: FolderOptions): Promise<OpenFolder> {
  const { clock, log, runtime } = options;
  await mkdir(runtime, { recursive: true, mode: 0o700 });
  const usbSocket = join(runtime, 'usb.sock');
  const env = {
    ...options.env,
    ...(await usbEnvironment(options.env, usbSocket, options.usbLibraries)),
  };
  const hostPath = join(runtime, 'pty-host.sock');
  const terminals = createTerminals({
    hostPath,
    startHost: () => options.startPtyHost(hostPath),
    clock,
    env: () => env,
    root: () => folder.path,
  });
  // It is signed in to no FrontendMaster: the user's own Nix as it is.
  const nix = createNix({ clock, env, runtime, log, onGivenUp: ({ message }) => log(message) });
  const boards = await createBoards({ clock, path: usbSocket });
  const project = createProject(
    { ...options, env },
    { root: folder.path, git: createGit(env), terminals, boards, nix, isTrusted: folder.isTrusted },
  );
  const services = servicesOf(folder, { ...project, devices: options.devices });
  const connections = new Set<Connection>();
  const links = linksOf(folder, services, connections, options);
  return {
    folder,
    accept: links.accept,
    attached: links.attached,
    notify: async (notice, params) => {
      await Promise.all([...connections].map((connection) => connection.notify(notice, params)));
    },
    close: async () => {
      links.close(closes.moved, 'the folder is opened anew');
      await Promise.allSettled([
        project.builds.close(),
        Promise.resolve(project.simulations.close()),
        Promise.resolve(project.shell.close()),
        terminals.shutdown(),
        boards.close(),
      ]);
      terminals.release();
    },
  };
}

function servicesOf(
  folder: DesktopFolder,
  project: Omit<ProjectServices, 'given'>,
): ProjectServices {
  const services: ProjectServices = {
    ...project,
    given: { project: { owner: '', name: folder.name, board: null } },
    admitFile: async (path, use) => {
      if (!folder.isTrusted) await refuseWayOut(folder.path, path);
      if (use === 'read') await refuseHuge(path);
    },
  };
  return folder.isTrusted ? services : restricted(services);
}

/** Links of the folder's windows. Their first message shows the secret where a session shows a ticket. */
function linksOf(
  folder: DesktopFolder,
  services: ProjectServices,
  connections: Set<Connection>,
  { clock, random, isSecret, log }: FolderOptions,
): ServerLinks {
  return createServerLinks({
    clock,
    random,
    limits: { helloMs: limits.strangerMs },
    checkTicket: async (ticket) =>
      (await isSecret(ticket)) ? { user: 'owner', session: folder.id } : fault('E_TICKET_REFUSED'),
    onLink: (link) => {
      const connection = serveLink(link, services, log);
      connections.add(connection);
      link.onState((state) => {
        if (state === 'closed') connections.delete(connection);
      });
    },
  });
}
