import type { BenchContext } from '../bench.ts';
import { claim, close, closed, createPlaces, type Place, warmed } from '../opening/people.ts';
import type { Rack } from '../rack/rack.ts';

/** Users with a project each, who claim in turn or together. */
export interface Claimants {
  context: BenchContext;
  rack: Rack;
  places: Place[];
}

/** So many wait before a claim that none is ever the one that empties the pool. */
const warmMin = 40;

/** Signs up `count` users, creates a project for each and waits until the pool is full. */
export async function createClaimants(
  context: BenchContext,
  rack: Rack,
  count: number,
): Promise<Claimants> {
  const places = await createPlaces(rack, { people: count, projectsEach: 1 });
  await warmed(rack, places[0]!, warmMin * 2);
  return { context, rack, places };
}

/** Milliseconds of `count` claims, one after another. */
export async function claimsInTurn(
  { context, rack, places }: Claimants,
  count: number,
): Promise<number[]> {
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const place = places[at % places.length]!;
    await closed([place]);
    if (at % places.length === 0) await warmed(rack, place, warmMin);
    took.push(await claim(context, place));
    await close([place]);
  }
  await closed(places);
  return took;
}

/** Milliseconds of each claim in `rounds` rounds in which every user claims at the same moment. */
export async function claimsAtOnce(
  { context, rack, places }: Claimants,
  rounds: number,
): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await closed(places);
    await warmed(rack, places[0]!, warmMin);
    took.push(...(await Promise.all(places.map((place) => claim(context, place)))));
    await close(places);
  }
  await closed(places);
  return took;
}
