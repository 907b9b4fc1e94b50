import { type Clock, DeadlinePassed } from '@joh/clock';
import { fault, type Session, type SessionId } from '@joh/protocol';
import { expect, it } from 'vitest';
import type { Calls } from './calls.ts';
import { followReady } from './session-ready.ts';

const id = 'session_0123456789abcdef0123456789' as SessionId;
const at = (state: Session['state'], position: number | null = null) =>
  ({ id, state, position }) as unknown as Session;

/** An agent that answers with one after the other, and then with what the page has seen. */
function answers(all: readonly (Session | Error)[]) {
  const asked: (Session | null)[] = [];
  const call = async (_: string, { seen }: { seen: Session | null }) => {
    asked.push(seen);
    const next = all[asked.length - 1] ?? seen;
    if (next instanceof Error) throw next;
    return next;
  };
  return { call: call as unknown as Calls, asked };
}

it('shows every step until the session can be used, and tells the agent what it has seen', async () => {
  const all = [at('queued', 2), at('queued', 1), at('preparing'), at('detached')];
  const { call, asked } = answers(all);
  const shown: Session[] = [];
  const onProgress = (session: Session) => void shown.push(session);
  expect(await followReady({ call, clock: hurried(), id, onProgress })).toEqual(all[3]);
  expect(shown).toEqual(all);
  expect(asked).toEqual([null, ...all.slice(0, 3)]);
});

it('says why it never will', async () => {
  const { call } = answers([at('preparing'), fault('E_SESSION_ENDED')]);
  const wait = followReady({ call, clock: hurried(), id, onProgress: () => undefined });
  await expect(wait).rejects.toMatchObject({ code: 'E_SESSION_ENDED' });
});

it('does not ask without a pause, and gives up after a quarter of an hour', async () => {
  const { call, asked } = answers([at('queued', 5)]);
  const wait = followReady({ call, clock: hurried(), id, onProgress: () => undefined });
  await expect(wait).rejects.toBeInstanceOf(DeadlinePassed);
  expect(asked.length).toBeLessThan(5000);
});

/** Time that goes by only while something sleeps. */
function hurried(): Clock {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  const clock: Pick<Clock, 'after' | 'sleep'> = {
    after: (ms, run) => {
      timers.push({ at: now + ms, run });
      return () => undefined;
    },
    sleep: async (ms) => {
      now += ms;
      for (const timer of timers) if (timer.at <= now) timer.run();
    },
  };
  return clock as Clock;
}
