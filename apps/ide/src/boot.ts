/**
 * The page's entry, small on purpose: it asks for the session, connects to the agent and loads the
 * workbench at the same time, and says what is going on until the workbench shows.
 */
import { type AgentConnection, createFrontendClient } from '@joh/client';
import { systemClock, systemRandom } from '@joh/clock';
import { fault, isFault, type Session } from '@joh/protocol';
import { connect } from './agent/connect.ts';
import { createConnectionMonitor } from './agent/connection.ts';
import { createLateAgent } from './agent/late-agent.ts';
import { findFirstFile } from './boot/first-file.ts';
import { tellPartMissing } from './boot/part-missing.ts';
import { createBootScreen } from './boot/screen.ts';
import { isVisited } from './boot/visited.ts';

/** How long the first file may be looked for after everything else is there. */
const firstFileMs = 1_000;

const clock = systemClock();
const random = systemRandom();
const client = createFrontendClient({
  url: location.origin,
  fetch: (url, init) => fetch(url, init),
  clock,
});
const monitor = createConnectionMonitor();
const bootRoot = document.getElementById('boot') ?? document.body;
const screen = createBootScreen(bootRoot);

/** What the server says of itself; FrontendMaster says nothing. */
const server = document.querySelector<HTMLMetaElement>('meta[name=joh-server]')?.content;
const container = document.getElementById('workbench') ?? document.body;
const opened =
  server === 'desktop'
    ? import('./desktop/boot.ts').then(({ bootDesktop }) =>
        bootDesktop({ screen, clock, random, container }),
      )
    : open(location.pathname.split('/')[2] ?? '');
opened.catch((error: unknown) => {
  // On the desktop the page cannot sign in; the start page can.
  if (isFault(error, 'E_ACCOUNT_SIGNED_OUT') && server !== 'desktop') {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
  // load-again.ts may have it in hand already, or takes it.
  if (isFault(error, 'E_FRONTEND_UNREACHABLE')) tellPartMissing(error.body());
  if (bootRoot.dataset.again !== undefined) return;
  const body = isFault(error)
    ? error.body()
    : fault('E_INTERNAL', { reference: String(error) }).body();
  screen.fail(body);
});

async function open(id: string): Promise<void> {
  const leaving = new AbortController();
  window.addEventListener('pagehide', () => leaving.abort());
  const whenMain = import('./main.ts');
  if (matchMedia('(max-width: 599px)').matches) location.replace('/phone');
  const whenFirst = client.sessions.get(id);
  const whenSession = ready(whenFirst, id);
  const whenAgent = connectWhenReady(whenFirst, whenSession, id, leaving.signal);
  // Both are awaited below or by the late agent; until then a failure is not unhandled.
  for (const promise of [whenMain, whenAgent]) promise.catch(() => undefined);
  const session = await whenSession;
  performance.mark('joh-session');
  document.title = `${session.project.owner}/${session.project.name} – Joy of Hardware`;
  const root = session.root ?? (await (await whenAgent).call('workspace.describe', {})).root;
  // Only for a project's first visit: later ones restore what was open.
  const isFirst = !isVisited(localStorage, session.project.id);
  const firstFile = isFirst ? findFirstFile(whenAgent, root) : null;
  const { openIde } = await whenMain;
  performance.mark('joh-code');
  const first = await Promise.race([firstFile, clock.sleep(firstFileMs).then(() => null)]);
  performance.mark('joh-first-file');
  await openIde(
    {
      project: {
        id: session.project.id,
        title: `${session.project.owner}/${session.project.name}`,
      },
      cloud: {
        session,
        closeSession: () => client.sessions.remove(session.id),
        signOut: () => client.signOut(),
        pages: { projects: '/projects', signedOut: '/' },
      },
      desktop: null,
      root,
      agent: createLateAgent(whenAgent),
      connection: monitor,
      clock,
      storage: localStorage,
      leave: (path) => location.assign(path),
      onShown: () => screen.remove(),
    },
    container,
    first,
  );
}

const isReady = ({ state }: Session) => state === 'ready' || state === 'detached';

/** The session once it can be used; a queue or a preparation is shown while it lasts. */
async function ready(whenFirst: Promise<Session>, id: string): Promise<Session> {
  const first = await whenFirst;
  if (isReady(first)) return first;
  return client.sessions.waitUntilReady(id, { onProgress: screen.progress });
}

/**
 * Connects without waiting for the session's answer, because it is nearly always ready; when it is
 * not, begins anew once it is: the first try would by then be waiting for its next attempt.
 */
async function connectWhenReady(
  whenFirst: Promise<Session>,
  whenSession: Promise<Session>,
  id: string,
  signal: AbortSignal,
): Promise<AgentConnection> {
  const options = { client, session: id, clock, random, monitor };
  const early = new AbortController();
  signal.addEventListener('abort', () => early.abort(), { once: true });
  const attempt = connect({ ...options, signal: early.signal });
  attempt.catch(() => undefined);
  const isEarlyEnough = await whenFirst.then(isReady, () => false);
  if (isEarlyEnough) return attempt;
  early.abort();
  await whenSession;
  return connect({ ...options, signal });
}
