/** The desktop's way into the IDE: a window shows a folder, a session of the cloud, or the start page. */
import type { AgentConnection } from '@joh/client';
import type { Clock, Random } from '@joh/clock';
import { browserTransport } from '@joh/link';
import {
  type DesktopFolder,
  type DesktopResult,
  deskLink,
  desktopPages,
  fault,
  linkTicket,
  type SessionId,
} from '@joh/protocol';
import { type ConnectOptions, connect } from '../agent/connect.ts';
import { createConnectionMonitor } from '../agent/connection.ts';
import { createLateAgent } from '../agent/late-agent.ts';
import { findFirstFile } from '../boot/first-file.ts';
import type { BootScreen } from '../boot/screen.ts';
import { isVisited } from '../boot/visited.ts';
import type { Page } from '../workbench/feature.ts';
import { type Calls, createCalls } from './calls.ts';
import { takeSecret } from './secret.ts';
import { followReady } from './session-ready.ts';
import { followMovedState, loadKeyValues } from './state.ts';

interface BootOptions {
  screen: BootScreen;
  clock: Clock;
  random: Random;
  container: HTMLElement;
}

/** What every kind of window needs on its way. */
interface Boot extends BootOptions {
  call: Calls;
  secret: string;
  /** Path of this page. */
  page: string;
  described: DesktopResult<'describe'>;
  /** Aborts when the page is left. */
  leaving: AbortSignal;
}

/** Rejects with a fault that the boot screen shows. */
export async function bootDesktop(options: BootOptions): Promise<void> {
  const { screen, clock, container } = options;
  screen.leadTo(desktopPages.start, 'To the start page');
  const secret = takeSecret({ location, history, storage: sessionStorage });
  if (secret === null) throw fault('E_DESKTOP_SECRET');
  const call = createCalls(secret);
  const page = location.pathname;
  const described = await call('describe', { page });
  const leaving = new AbortController();
  window.addEventListener('pagehide', () => leaving.abort());
  const boot = { ...options, call, secret, page, described, leaving: leaving.signal };
  if (described.session) return bootSession(boot, described.session);
  if (described.folder) return bootFolder(boot, described.folder);
  const { showStartPage } = await import('./start-page.ts');
  const leave = (path: string) => location.assign(path);
  showStartPage({ call, page, ...described, clock, container, leave });
  screen.remove();
}

async function bootFolder(boot: Boot, folder: DesktopFolder): Promise<void> {
  const { call, screen } = boot;
  screen.say('Opening your folder');
  document.title = `${folder.name} – Joy of Hardware`;
  const monitor = createConnectionMonitor();
  const whenAgent = connectTo(boot, folder.id, monitor, async () => linkTicket(boot.secret));
  await open(boot, {
    project: { id: folder.id, title: folder.name },
    cloud: null,
    folder,
    root: folder.path,
    monitor,
    whenAgent,
    whenDesk: whenAgent,
    whenStorage: loadKeyValues(call, `page-${folder.id}`),
  });
}

/** The same page as FrontendMaster's, with this computer beside it. */
async function bootSession(boot: Boot, id: SessionId): Promise<void> {
  const { call, clock, screen, secret } = boot;
  const whenDesk = connectTo(boot, deskLink, createConnectionMonitor(), async () =>
    linkTicket(secret, id),
  );
  const whenMain = import('../main.ts');
  for (const promise of [whenDesk, whenMain]) promise.catch(() => undefined);
  const session = await followReady({ call, clock, id, onProgress: screen.progress });
  const { project } = session;
  const title = `${project.owner}/${project.name}`;
  document.title = `${title} – Joy of Hardware`;
  const monitor = createConnectionMonitor();
  const whenAgent = connectTo(boot, id, monitor, async () => {
    const { ticket } = await call('sessionTicket', { session: id });
    return linkTicket(secret, ticket);
  });
  whenAgent.catch(() => undefined);
  const root = session.root ?? (await (await whenAgent).call('workspace.describe', {})).root;
  const storage = await loadKeyValues(call, `page-${project.id}`);
  await followMovedState(call, { scope: `folder-${project.id}`, root, storage });
  await open(boot, {
    project: { id: project.id, title },
    cloud: {
      session,
      closeSession: async () => void (await call('closeSession', { session: id })),
      signOut: async () => void (await call('signOut', {})),
      pages: { projects: desktopPages.start, signedOut: desktopPages.start },
    },
    folder: null,
    root,
    monitor,
    whenAgent,
    whenDesk,
    whenStorage: Promise.resolve(storage),
  });
}

interface Opened extends Pick<Page, 'project' | 'cloud' | 'root'> {
  folder: DesktopFolder | null;
  monitor: Page['connection'];
  whenAgent: Promise<AgentConnection>;
  /** The agent of this computer. */
  whenDesk: Promise<AgentConnection>;
  whenStorage: Promise<Page['storage']>;
}

async function open(boot: Boot, opened: Opened): Promise<void> {
  const { call, page, described, clock, screen, container } = boot;
  const { project, cloud, root, folder, monitor, whenAgent, whenDesk, whenStorage } = opened;
  const whenMain = import('../main.ts');
  for (const promise of [whenMain, whenAgent, whenDesk, whenStorage])
    promise.catch(() => undefined);
  const storage = await whenStorage;
  const firstFile = isVisited(storage, project.id) ? null : findFirstFile(whenAgent, root);
  const { openIde } = await whenMain;
  const { userData, home } = described;
  const agent = createLateAgent(whenAgent);
  const desk = whenDesk === whenAgent ? agent : createLateAgent(whenDesk);
  await openIde(
    {
      project,
      cloud,
      desktop: { call, folder, agent: desk, userData, home, page },
      root,
      agent,
      connection: monitor,
      clock,
      storage,
      leave: (path) => location.assign(path),
      onShown: () => screen.remove(),
    },
    container,
    await firstFile,
  );
}

/** A link through the agent's port. */
function connectTo(
  { clock, random, leaving }: Boot,
  target: string,
  monitor: ConnectOptions['monitor'],
  ticket: () => Promise<string>,
): Promise<AgentConnection> {
  return connect({
    client: {
      sessions: { ticket: async () => ({ ticket: await ticket(), expiresAt: '' }) },
      openSocket: (id, inner) =>
        browserTransport(new WebSocket(`ws://${location.host}/connect/${id}`), inner),
    },
    session: target,
    clock,
    random,
    monitor,
    signal: leaving,
  });
}
