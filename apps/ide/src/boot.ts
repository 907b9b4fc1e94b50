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
import { firstFileIn, readmeIn, sourceFolderIn } from './boot/first-file.ts';
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

open(location.pathname.split('/')[2] ?? '').catch((error: unknown) => {
  if (isFault(error, 'E_ACCOUNT_SIGNED_OUT')) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`);
    return;
  }
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
  const firstFile = findFirstFile(whenAgent, root, session);
  const { openIde } = await whenMain;
  performance.mark('joh-code');
  const container = document.getElementById('workbench') ?? document.body;
  const first = await Promise.race([firstFile, clock.sleep(firstFileMs).then(() => null)]);
  performance.mark('joh-first-file');
  await openIde(
    {
      session,
      root,
      agent: createLateAgent(whenAgent),
      connection: monitor,
      clock,
      frontend: {
        closeSession: () => client.sessions.remove(session.id),
        signOut: () => client.signOut(),
      },
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

/** Only for a project's first visit: later ones restore what was open. */
async function findFirstFile(
  whenAgent: Promise<AgentConnection>,
  root: string,
  { project }: Session,
): Promise<string | null> {
  if (isVisited(localStorage, project.id)) return null;
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
