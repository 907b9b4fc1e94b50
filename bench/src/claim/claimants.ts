import type { FrontendClient } from '@joh/client';
import type { Session } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import type { Rack } from '../rack/rack.ts';

/** Users with a project each, who claim in turn or together. */
export interface Claimants {
  context: BenchContext;
  rack: Rack;
  users: { client: FrontendClient; project: string; session: string | null }[];
}

/** So many wait before a claim that none is ever the one that empties the pool. */
const warmMin = 40;
const waitMs = 90_000;

/** Signs up `count` users, creates a project for each and waits until the pool is full. */
export async function createClaimants(
  context: BenchContext,
  rack: Rack,
  count: number,
): Promise<Claimants> {
  const users: Claimants['users'] = [];
  for (let at = 0; at < count; at += 1) {
    const name = `user-${at}`;
    const { client } = await rack.signUp(name);
    await client.projects.create({ name: 'blinky', template: 'empty' });
    users.push({ client, project: `${name}/blinky`, session: null });
  }
  const claimants = { context, rack, users };
  await warmed(claimants, warmMin * 2);
  return claimants;
}

/** Milliseconds of `count` claims, one after another. */
export async function claimsInTurn(claimants: Claimants, count: number): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const index = at % claimants.users.length;
    await closed(claimants, index);
    if (index === 0) await warmed(claimants, warmMin);
    took.push(await claim(claimants, index));
    await close(claimants, index);
  }
  await Promise.all(claimants.users.map((_, index) => closed(claimants, index)));
  return took;
}

/** Milliseconds of each claim in `rounds` rounds in which every user claims at the same moment. */
export async function claimsAtOnce(claimants: Claimants, rounds: number): Promise<number[]> {
  const took: number[] = [];
  const all = claimants.users.map((_, index) => index);
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(all.map((index) => closed(claimants, index)));
    await warmed(claimants, warmMin);
    took.push(...(await Promise.all(all.map((index) => claim(claimants, index)))));
    await Promise.all(all.map((index) => close(claimants, index)));
  }
  await Promise.all(all.map((index) => closed(claimants, index)));
  return took;
}

async function claim({ context, users }: Claimants, index: number): Promise<number> {
  const user = users[index]!;
  const { clock } = context;
  const started = clock.monotonic();
  const session: Session = await user.client.sessions.create({ project: user.project });
  const ms = clock.monotonic() - started;
  if (session.state !== 'preparing' && session.state !== 'ready') {
    throw new Error(`the claim was not warm: the session is ${session.state}`);
  }
  user.session = session.id;
  return ms;
}

async function close({ users }: Claimants, index: number): Promise<void> {
  const { client, session } = users[index]!;
  if (session) await client.sessions.remove(session);
}

async function closed({ users }: Claimants, index: number): Promise<void> {
  const user = users[index]!;
  const { session, client } = user;
  if (!session) return;
  await waitFor(async () => (await client.sessions.get(session)).state === 'closed', {
    deadlineMs: waitMs,
    what: 'the session before is closed',
  });
  user.session = null;
}

async function warmed({ rack, users }: Claimants, count: number): Promise<void> {
  await waitFor(async () => (await rack.warm(users[0]!.client)) >= count, {
    deadlineMs: waitMs,
    what: `${count} containers are warm`,
  });
}
