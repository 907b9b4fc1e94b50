import { type ContainerId, fault, type SessionId, type SessionState } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createSurroundings,
  type Frontend,
  type Guard,
  type Surroundings,
  user,
} from './fake-surroundings.ts';

const never = new AbortController().signal;
let around: Surroundings;
let fm: Frontend;
const ada = user('ada');
const grace = user('grace');

const begin = async (
  warm: number,
  burst = 0,
  options: Parameters<Surroundings['start']>[0] = {},
) => {
  around = await createSurroundings(warm, burst);
  fm = around.start(options);
  await full(warm + burst);
};
const full = (count: number) =>
  waitFor(
    async () => {
      const { classes } = await fm.nodes.pool();
      return classes.reduce((sum, one) => sum + one.warm, 0) === count;
    },
    { what: `${count} containers are warm` },
  );
const state = async (who: typeof ada, id: SessionId, ...wanted: SessionState[]) => {
  const isThere = async () => wanted.includes((await fm.sessions.get(who, id)).state);
  await waitFor(isThere, { what: `the session is ${wanted.join(' or ')}` });
  return fm.sessions.get(who, id);
};
const ready = (who: typeof ada, id: SessionId) => state(who, id, 'ready');

/** What must hold whenever nothing is under way. */
async function expectOrder() {
  const live = await around.rows.listLive();
  const claimed = await around.containers.listClaimed();
  const held = live.filter(({ container }) => container !== null);
  expect(claimed.map(({ id }) => id).sort()).toEqual(held.map(({ container }) => container).sort());
  for (const one of claimed) {
    const session = live.find(({ container }) => container === one.id);
    expect([one.session, one.epoch]).toEqual([session?.id, session?.epoch]);
  }
  const rows = await around.containers.listUndestroyed();
  const listed = await around.engine.list(never);
  expect(listed.map(({ id }) => id).sort()).toEqual(
    rows
      .filter(({ state: is }) => is !== 'gone')
      .map(({ id }) => id)
      .sort(),
  );
  // A container was prepared for one session and one epoch, ever.
  const uses = new Map<ContainerId, Set<string>>();
  for (const { container, params } of around.agents.prepared) {
    const seen = uses.get(container) ?? new Set();
    uses.set(container, seen.add(`${params.session} ${params.epoch}`));
  }
  for (const seen of uses.values()) expect(seen.size).toBe(1);
  for (const session of around.tokens.keys()) {
    expect(live.map(({ id }) => id)).toContain(session);
  }
}

const settled = () => waitFor(() => expectOrder().then(() => true), { what: 'order' });

afterEach(() => around.end());

describe('sessions', () => {
  it('opens, prepares, closes, and leaves nothing', async () => {
    await begin(2);
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    expect(opened).toMatchObject({ state: 'preparing', epoch: 1, position: null });
    expect(await ready(ada, opened.id)).toMatchObject({ root: '/work', class: 'standard' });
    expect(around.agents.prepared[0]!.params).toMatchObject({
      session: opened.id,
      epoch: 1,
      user: { name: 'ada' },
      cloneUrl: 'http://127.0.0.1:1/git/ada/blinky.git',
      gitToken: 'git1',
      cache: { url: 'http://127.0.0.1:1/cache/ada', namespace: 'ada' },
    });
    await settled();
    await fm.sessions.close(ada, opened.id, 'closed by its user');
    await state(ada, opened.id, 'closed');
    await fm.sessions.close(ada, opened.id, 'again');
    expect(around.agents.closed).toHaveLength(1);
    await full(2);
    await waitFor(async () => (await around.engine.list(never)).length === 2);
    await settled();
  });

  it('gives the same live session to whoever asks again, at once too', async () => {
    await begin(4);
    const opened = await Promise.all(
      Array.from({ length: 6 }, () => fm.sessions.open(ada, { project: 'ada/blinky' })),
    );
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    await ready(ada, opened[0]!.id);
    await settled();
  });

  it('starts afresh when the project is opened while it closes', async () => {
    await begin(2);
    const first = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await ready(ada, first.id);
    await fm.sessions.close(ada, first.id, 'closed');
    const second = await fm.sessions.open(ada, { project: 'ada/blinky' });
    expect(second.id).not.toBe(first.id);
    expect((await fm.sessions.get(ada, first.id)).state).toBe('closed');
    await ready(ada, second.id);
  });

  it('gives thirteen at once thirteen containers', async () => {
    await begin(13);
    const opened = await Promise.all(
      Array.from({ length: 13 }, (_, i) =>
        fm.sessions.open(user(`u${i}`), { project: `u${i}/blinky` }),
      ),
    );
    await Promise.all(opened.map(({ id }, i) => ready(user(`u${i}`), id)));
    expect(new Set(around.agents.prepared.map(({ container }) => container)).size).toBe(13);
    await settled();
  });

  it('falls back to burst, then queues fairly with a position, and goes on when one is free', async () => {
    await begin(1, 1);
    const first = await fm.sessions.open(ada, { project: 'ada/one' });
    const second = await fm.sessions.open(ada, { project: 'ada/two' });
    expect([first.class, second.class]).toEqual(['standard', 'burst']);
    const third = await fm.sessions.open(ada, { project: 'ada/three' });
    const fourth = await fm.sessions.open(ada, { project: 'ada/four' });
    const other = await fm.sessions.open(grace, { project: 'grace/one' });
    expect([third, other].map(({ state: is }) => is)).toEqual(['queued', 'queued']);
    const position = async (who: typeof ada, id: SessionId) =>
      (await fm.sessions.get(who, id)).position;
    // Everybody's first before anybody's third.
    await waitFor(async () => (await position(grace, other.id)) === 1);
    expect(await position(ada, third.id)).toBe(2);
    expect(await position(ada, fourth.id)).toBe(3);
    expect((await fm.nodes.pool()).queue).toBe(3);
    await ready(ada, first.id);
    await fm.sessions.close(ada, first.id, 'closed');
    await ready(grace, other.id);
    await waitFor(async () => (await position(ada, third.id)) === 1);
    await fm.sessions.close(ada, third.id, 'gave up waiting');
    await state(ada, third.id, 'closed');
    await waitFor(async () => (await position(ada, fourth.id)) === 1);
  });

  it('refuses more than the queue or an account may hold, and unknown projects', async () => {
    await begin(0, 0, { limits: { queueMax: 2, livePerUserMax: 2 } });
    const refused = (code: string) => ({ code });
    await expect(fm.sessions.open(ada, { project: 'ada/unknown' })).rejects.toMatchObject(
      refused('E_PROJECT_UNKNOWN'),
    );
    await fm.sessions.open(ada, { project: 'ada/one' });
    await fm.sessions.open(ada, { project: 'ada/two' });
    await expect(fm.sessions.open(ada, { project: 'ada/three' })).rejects.toMatchObject(
      refused('E_SESSION_TOO_MANY'),
    );
    await expect(fm.sessions.open(grace, { project: 'grace/one' })).rejects.toMatchObject(
      refused('E_SESSION_QUEUE_FULL'),
    );
  });

  it('tries the next container when one does not prepare, then fails with the reason', async () => {
    await begin(3);
    around.agents.answer = async () => {
      throw fault('E_SOURCE_CONTROL_FAILED', { reason: 'the repository is broken' });
    };
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    const failed = await state(ada, opened.id, 'failed');
    expect(failed.failure).toMatchObject({ code: 'E_SESSION_PREPARE_FAILED', retry: 'later' });
    expect(failed.failure?.message).toBe(
      'The project could not be prepared: Git refused: the repository is broken.',
    );
    expect(around.agents.prepared.map(({ params }) => params.epoch)).toEqual([1, 2, 3]);
    await full(3);
    await settled();
    around.agents.answer = async () => '/work';
    const again = await fm.sessions.open(ada, { project: 'ada/blinky' });
    expect(again.id).not.toBe(opened.id);
    await ready(ada, again.id);
  });

  it('quarantines a container that never answers and prepares another', async () => {
    await begin(2, 0, { limits: { prepareDeadlineMs: 60 } });
    let silent = 1;
    around.agents.answer = async () => (silent-- > 0 ? new Promise(() => undefined) : '/work');
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    expect((await ready(ada, opened.id)).epoch).toBe(2);
    await settled();
  });

  it('moves to another container with a higher epoch when its own is lost', async () => {
    await begin(2);
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await ready(ada, opened.id);
    const { container } = around.agents.prepared[0]!;
    await fm.nodes.setConnected(container, false);
    around.engine.exit(container, 'out of memory');
    await waitFor(async () => (await fm.sessions.get(ada, opened.id)).epoch === 2);
    await ready(ada, opened.id);
    expect(around.agents.cut).toContain(container);
    await full(1);
    await settled();
  });

  it('gives up after it lost too many', async () => {
    await begin(1, 0, { limits: { movesMax: 1 } });
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    for (const epoch of [1, 2]) {
      await waitFor(async () => {
        const now = await fm.sessions.get(ada, opened.id);
        return now.epoch === epoch && now.state === 'ready';
      });
      await fm.nodes.quarantine(around.agents.prepared.at(-1)!.container, 'the node burned');
    }
    const failed = await state(ada, opened.id, 'failed');
    expect(failed.failure).toMatchObject({
      code: 'E_SESSION_CONTAINER_LOST',
      message: 'The container of this session ended: the node burned.',
    });
  });

  it('closes while it prepares', async () => {
    await begin(1);
    around.agents.answer = (_, __, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await waitFor(() => around.agents.prepared.length === 1);
    await fm.sessions.close(ada, opened.id, 'changed my mind');
    await state(ada, opened.id, 'closed');
    await full(1);
    await settled();
  });

  it('closes everything a user has on sign-out, and nothing of others', async () => {
    await begin(3);
    const mine = [
      await fm.sessions.open(ada, { project: 'ada/one' }),
      await fm.sessions.open(ada, { project: 'ada/two' }),
    ];
    const other = await fm.sessions.open(grace, { project: 'grace/one' });
    await ready(grace, other.id);
    await fm.sessions.closeAll(ada, 'signed out');
    for (const { id } of mine) await state(ada, id, 'closed');
    expect((await fm.sessions.get(grace, other.id)).state).toBe('ready');
  });

  it('does not know another user’s session', async () => {
    await begin(1);
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    const unknown = { code: 'E_SESSION_UNKNOWN' };
    await expect(fm.sessions.get(grace, opened.id)).rejects.toMatchObject(unknown);
    await expect(fm.sessions.close(grace, opened.id, 'x')).rejects.toMatchObject(unknown);
    await expect(fm.sessions.ticket(grace, opened.id)).rejects.toMatchObject(unknown);
    expect(await fm.sessions.list(grace)).toEqual([]);
  });

  it('mints tickets only for a session that can be connected to', async () => {
    await begin(1);
    let go: (root: string) => void = () => undefined;
    around.agents.answer = () =>
      new Promise((resolve) => {
        go = resolve;
      });
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await expect(fm.sessions.ticket(ada, opened.id)).rejects.toMatchObject({
      code: 'E_SESSION_NOT_READY',
    });
    await waitFor(() => around.agents.prepared.length === 1);
    go('/work');
    await ready(ada, opened.id);
    const { ticket } = await fm.sessions.ticket(ada, opened.id);
    const claims = JSON.parse(Buffer.from(ticket.split('.')[0]!, 'base64url').toString());
    expect(claims).toMatchObject({ session: opened.id, epoch: 1, user: 'ada' });
    expect((await fm.sessions.ticket(ada, opened.id)).ticket).not.toBe(ticket);
    await fm.sessions.close(ada, opened.id, 'x');
    await expect(fm.sessions.ticket(ada, opened.id)).rejects.toMatchObject({
      code: 'E_SESSION_ENDED',
    });
  });

  it('detaches, comes back, and closes when idle; hears only the session’s own agent', async () => {
    await begin(1, 0, { limits: { detachedIdleMs: 150, attachGraceMs: 10_000 } });
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await ready(ada, opened.id);
    const { container } = around.agents.prepared[0]!;
    const { heard } = fm.sessions;
    await heard.attached('container_other' as ContainerId, opened.id, 0);
    expect((await fm.sessions.get(ada, opened.id)).state).toBe('ready');
    await heard.attached(container, opened.id, 0);
    expect((await fm.sessions.get(ada, opened.id)).state).toBe('detached');
    await heard.attached(container, opened.id, 1);
    await heard.attached(container, opened.id, 1);
    expect((await fm.sessions.get(ada, opened.id)).state).toBe('ready');
    await heard.attached(container, opened.id, 0);
    await state(ada, opened.id, 'closed');
  });

  it('tells subscribers of every change, progress included', async () => {
    await begin(1);
    const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
    await ready(ada, opened.id);
    let told = 0;
    const stop = fm.sessions.subscribe(opened.id, () => {
      told += 1;
    });
    const progress = { stage: 'shell', message: 'Warming the shell.', fraction: 0.5 };
    await fm.sessions.heard.progress(around.agents.prepared[0]!.container, opened.id, progress);
    expect((await fm.sessions.get(ada, opened.id)).progress).toEqual(progress);
    expect(told).toBe(1);
    await fm.sessions.close(ada, opened.id, 'x');
    await state(ada, opened.id, 'closed');
    expect(told).toBeGreaterThan(1);
    stop();
  });
});

describe('a process that dies at any step', () => {
  /** Dies at the `at`-th call to the world, before or after it has its effect. */
  const mortal = (at: number, when: 'before' | 'after') => {
    let calls = 0;
    let isDead = false;
    const forever = <T>() => new Promise<T>(() => undefined);
    const guard: Guard = async (_name, call) => {
      if (isDead) return forever();
      calls += 1;
      if (calls !== at) {
        const answer = await call();
        return isDead ? forever() : answer;
      }
      isDead = true;
      if (when === 'after') await call();
      return forever();
    };
    return { guard, isDead: () => isDead };
  };

  const life = async (guard: Guard, isDead: () => boolean) => {
    around = await createSurroundings(2, 0);
    fm = around.start();
    await full(2);
    await fm.stop();
    const dying = around.start({ guard });
    fm = dying;
    const steps = async () => {
      const opened = await dying.sessions.open(ada, { project: 'ada/blinky' });
      await waitFor(
        async () => isDead() || (await dying.sessions.get(ada, opened.id)).state === 'ready',
      );
      if (isDead()) return;
      await dying.sessions.close(ada, opened.id, 'closed');
      await waitFor(
        async () => isDead() || (await dying.sessions.get(ada, opened.id)).state === 'closed',
      );
    };
    await Promise.race([steps(), waitFor(isDead, { deadlineMs: 10_000 })]);
    // The process is gone: nothing of it is waited for.
    dying.stop().catch(() => undefined);
    dying.stop = async () => undefined;
  };

  for (const when of ['before', 'after'] as const) {
    it(`converges after a death ${when} each call`, async () => {
      let deaths = 0;
      for (let at = 1; ; at += 1) {
        const { guard, isDead } = mortal(at, when);
        await life(guard, isDead);
        if (!isDead()) break;
        deaths += 1;
        fm = around.start();
        const [row] = await around.rows.listLive();
        if (row && row.state !== 'closing') {
          await ready(ada, row.id);
          await settled();
        } else if (row) await state(ada, row.id, 'closed');
        const opened = await fm.sessions.open(ada, { project: 'ada/blinky' });
        await ready(ada, opened.id);
        await fm.sessions.close(ada, opened.id, 'closed');
        await state(ada, opened.id, 'closed');
        await full(2);
        await waitFor(() => expectOrder().then(() => true), { what: `order after death ${at}` });
        expect(await around.containers.listClaimed()).toEqual([]);
        await around.end();
      }
      // claim, prepare and close make at least this many calls.
      expect(deaths).toBeGreaterThan(9);
    }, 60_000);
  }
});
