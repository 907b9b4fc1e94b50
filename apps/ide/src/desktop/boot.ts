/** The desktop's way into the IDE: a window shows a folder of this computer, or the start page. */
import { type AgentConnection, connectAgent } from '@joh/client';
import type { Clock, Random } from '@joh/clock';
import { browserTransport } from '@joh/link';
import { type DesktopFolder, desktopPages, fault } from '@joh/protocol';
import { nextConnection } from '../agent/connect.ts';
import { createConnectionMonitor } from '../agent/connection.ts';
import { createLateAgent } from '../agent/late-agent.ts';
import { findFirstFile } from '../boot/first-file.ts';
import type { BootScreen } from '../boot/screen.ts';
import { isVisited } from '../boot/visited.ts';
import { createCalls } from './calls.ts';
import { takeSecret } from './secret.ts';
import { loadKeyValues } from './state.ts';

interface BootOptions {
  screen: BootScreen;
  clock: Clock;
  random: Random;
  container: HTMLElement;
}

/** Rejects with a fault that the boot screen shows. */
export async function bootDesktop({
  screen,
  clock,
  random,
  container,
}: BootOptions): Promise<void> {
  screen.leadTo(desktopPages.start, 'To the start page');
  screen.say('Opening your folder');
  const secret = takeSecret({ location, history, storage: sessionStorage });
  if (secret === null) throw fault('E_DESKTOP_SECRET');
  const call = createCalls(secret);
  const page = location.pathname;
  const described = await call('describe', { page });
  const { folder } = described;
  if (folder === null) {
    const { showStartPage } = await import('./start-page.ts');
    const leave = (path: string) => location.assign(path);
    showStartPage({ call, page, ...described, clock, container, leave });
    return screen.remove();
  }
  document.title = `${folder.name} – Joy of Hardware`;
  const leaving = new AbortController();
  window.addEventListener('pagehide', () => leaving.abort());
  const monitor = createConnectionMonitor();
  const whenAgent = connectFolder({
    folder,
    secret,
    clock,
    random,
    monitor,
    signal: leaving.signal,
  });
  const whenStorage = loadKeyValues(call, `page-${folder.id}`);
  const whenMain = import('../main.ts');
  for (const promise of [whenMain, whenAgent, whenStorage]) promise.catch(() => undefined);
  const storage = await whenStorage;
  const firstFile = isVisited(storage, folder.id) ? null : findFirstFile(whenAgent, folder.path);
  const { openIde } = await whenMain;
  const { userData, home } = described;
  await openIde(
    {
      project: { id: folder.id, title: folder.name },
      cloud: null,
      desktop: { call, folder, userData, home, page },
      root: folder.path,
      agent: createLateAgent(whenAgent),
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

/** Straight to the agent; the secret is shown in the first message, where a session shows a ticket. */
function connectFolder(options: {
  folder: DesktopFolder;
  secret: string;
  clock: Clock;
  random: Random;
  monitor: ReturnType<typeof createConnectionMonitor>;
  signal: AbortSignal;
}): Promise<AgentConnection> {
  const { folder, secret, clock, random, monitor, signal } = options;
  return connectAgent({
    client: { sessions: { ticket: async () => ({ ticket: secret, expiresAt: '' }) } },
    session: { id: folder.id },
    openSocket: (id, inner) =>
      browserTransport(new WebSocket(`ws://${location.host}/connect/${id}`), inner),
    clock,
    random,
    signal,
    onState: (state, detail) => {
      if (!signal.aborted) monitor.set(nextConnection(monitor.current, state, detail, clock));
    },
  });
}
