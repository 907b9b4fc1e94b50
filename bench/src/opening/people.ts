import type { FrontendClient } from '@joh/client';
import type { Session } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import type { Site } from './site.ts';

/** A project that someone may open, and the session that was opened for it last. */
export interface Place {
  client: FrontendClient;
  project: string;
  session: string | null;
}

const waitMs = 120_000;

/** Signs people up, each with so many projects. A place at a time for each comes first. */
export async function createPlaces(
  site: Site,
  {
    people,
    projectsEach,
    prefix = 'user',
  }: { people: number; projectsEach: number; prefix?: string },
): Promise<Place[]> {
  const clients: { name: string; client: FrontendClient }[] = [];
  for (let at = 0; at < people; at += 1) {
    const name = `${prefix}-${at}`;
    clients.push({ name, client: (await site.signUp(name)).client });
  }
  const places: Place[] = [];
  for (let at = 0; at < projectsEach; at += 1) {
    for (const { name, client } of clients) {
      await client.projects.create({ name: `blinky-${at}`, template: 'empty' });
      places.push({ client, project: `${name}/blinky-${at}`, session: null });
    }
  }
  return places;
}

/** Milliseconds of one claim. @throws Error it was not warm */
export async function claim({ clock }: BenchContext, place: Place): Promise<number> {
  const started = clock.monotonic();
  const session: Session = await place.client.sessions.create({ project: place.project });
  const ms = clock.monotonic() - started;
  if (session.state !== 'preparing' && session.state !== 'ready') {
    throw new Error(`the claim was not warm: the session is ${session.state}`);
  }
  place.session = session.id;
  return ms;
}

/** Until the sessions of all places are ready. */
export async function readied(places: readonly Place[]): Promise<void> {
  await Promise.all(
    places.map(async ({ client, session }) => {
      if (session) await client.sessions.waitUntilReady(session, { deadlineMs: waitMs });
    }),
  );
}

/** Ends the sessions of all places. */
export async function close(places: readonly Place[]): Promise<void> {
  for (const { client, session } of places) if (session) await client.sessions.remove(session);
}

/** Until the ended sessions of all places are closed. */
export async function closed(places: readonly Place[]): Promise<void> {
  for (const place of places) {
    const { client, session } = place;
    if (!session) continue;
    const isClosed = async () => (await client.sessions.get(session)).state === 'closed';
    await waitFor(isClosed, { ...{ deadlineMs: waitMs, everyMs: 10 }, what: 'it is closed' });
    place.session = null;
  }
}

/** Until so many containers are warm. */
export async function warmed(
  site: Site,
  { client }: Pick<Place, 'client'>,
  count: number,
  kind: 'standard' | 'burst' = 'standard',
): Promise<void> {
  const isThere = async () => (await site.warm(client, kind)) >= count;
  const what = `${count} ${kind} containers are warm`;
  await waitFor(isThere, { ...{ deadlineMs: waitMs, everyMs: 20 }, what });
}
