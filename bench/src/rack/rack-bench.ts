import type { Bench, BenchContext, Figure } from '../bench.ts';
import { clickToPrompt, type Opened } from '../opening/click-to-prompt.ts';
import { openingTable } from '../opening/opening-table.ts';
import {
  claim,
  close,
  closed,
  createPlaces,
  type Place,
  readied,
  warmed,
} from '../opening/people.ts';
import { cpuMs, memoryOf } from '../process-usage.ts';
import { spreadOf } from '../statistics.ts';
import { type Rack, startRack } from './rack.ts';

/** The rack of the design: 14 compute nodes with 13 standard containers each. */
const nodes = 14;
const standard = nodes * 13;
const rounds = 2;
const classSize = 30;
const projectsEach = 7;
const sessions = 200;
const settleMs = 5_000;

export const rackBench: Bench = {
  name: 'rack',
  summary: 'A whole rack, simulated: 182 claims at once, a class of 30, and FM with 200 sessions.',
  async run(context) {
    const { say } = context;
    say(`FrontendMaster with ${nodes} simulated nodes`);
    const rack = await startRack(context, { nodes });
    const places = await createPlaces(rack, { people: classSize, projectsEach });
    const one = places[0]!;
    await warmed(rack, one, standard);
    say(`${rounds} rounds of ${standard} claims at once`);
    const http = spreadOf(await healthAtOnce(context, rack));
    const claims = spreadOf(await claimsOfAll(context, rack, places.slice(0, standard)));
    say(`${rounds} rounds of a class of ${classSize}`);
    const opened = await classes(context, rack, places.slice(0, classSize));
    const prompt = spreadOf(opened.map(({ promptMs }) => promptMs));
    say(`${sessions} sessions`);
    const memory = await fullHouse(context, rack, places.slice(0, sessions));
    const doubles = [...rack.prepared.values()].filter(({ size }) => size > 1).length;
    const ms = (name: string, value: number, peerValue?: number): Figure => ({
      ...{ name, unit: 'ms', value },
      ...(peerValue === undefined ? {} : { peer: 'GET /healthz, 182 at once', peerValue }),
    });
    return {
      tables: [
        {
          title: `${standard} at once, ms`,
          columns: ['what', 'n', 'p50', 'p99', 'max'],
          rows: [
            ['POST /api/sessions', claims.n, claims.p50, claims.p99, claims.max],
            ['GET /healthz', http.n, http.p50, http.p99, http.max],
          ],
        },
        openingTable(`A class of ${classSize} opens at once, ms`, opened),
      ],
      figures: [
        ms('claims_182_at_once_p50', claims.p50, http.p50),
        ms('claims_182_at_once_p99', claims.p99, http.p99),
        ms('claims_182_at_once_max', claims.max, http.max),
        { name: 'doubles', unit: 'containers', value: doubles },
        ms('class_of_30_prompt_p50', prompt.p50),
        ms('class_of_30_prompt_p99', prompt.p99),
        { name: 'frontend_rss_200_sessions', unit: 'MiB', value: memory.rssMib },
        { name: 'frontend_idle_200_sessions', unit: 'cores', value: memory.cores },
      ],
      notes: [
        'Closed bursts: every claim of a round is sent at the same moment, over connections of its own; the next round begins when the sessions of the one before are closed and the pool is full.',
        `Simulated: the engine and the agents (${nodes} nodes, ${standard} standard and ${nodes * 4} burst containers), in a process of their own; their terminals show a prompt at once. Real: FrontendMaster as its own process, HTTP, websockets, links and tickets, repositories, SQLite on disk.`,
        'Doubles: containers that were prepared for more than one claim, as the agents were told, over all rounds; none may be.',
        'Clients, agents and FrontendMaster share the machine, so the times hold their work too: GET /healthz shows what the same number of requests costs without a claim.',
        `Memory and cores: ${sessions} ready sessions with a link each, after the rounds above.`,
      ],
    };
  },
};

/** Milliseconds of as many requests at once that decide nothing. */
async function healthAtOnce({ clock }: BenchContext, { url }: Rack): Promise<number[]> {
  const ask = async () => {
    const started = clock.monotonic();
    await (await fetch(`${url}/healthz`)).text();
    return clock.monotonic() - started;
  };
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    took.push(...(await Promise.all(Array.from({ length: standard }, ask))));
  }
  return took;
}

async function claimsOfAll(context: BenchContext, rack: Rack, places: Place[]): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await warmed(rack, places[0]!, places.length);
    took.push(...(await Promise.all(places.map((place) => claim(context, place)))));
    await readied(places);
    await close(places);
    await closed(places);
  }
  return took;
}

async function classes(context: BenchContext, rack: Rack, places: Place[]): Promise<Opened[]> {
  const all: Opened[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await warmed(rack, places[0]!, places.length);
    const opened = await Promise.all(
      places.map(async (place) => {
        const one = await clickToPrompt(context, place.client, place.project);
        place.session = one.session;
        return one;
      }),
    );
    all.push(...opened);
    for (const one of opened) one.close();
    await close(places);
    await closed(places);
  }
  return all;
}

/** Opens a session in every place, links included, and looks at what FrontendMaster uses then. */
async function fullHouse(context: BenchContext, rack: Rack, places: readonly Place[]) {
  const { clock } = context;
  const opened: Opened[] = [];
  for (const place of places) {
    // The last of them get burst containers.
    await warmed(rack, place, 1, opened.length < standard ? 'standard' : 'burst');
    const one = await clickToPrompt(context, place.client, place.project);
    place.session = one.session;
    opened.push(one);
  }
  await clock.sleep(settleMs);
  const pid = rack.frontendMasterPid;
  const before = cpuMs(pid);
  await clock.sleep(settleMs);
  const cores = (cpuMs(pid) - before) / settleMs;
  const rssMib = memoryOf(pid).rss;
  for (const one of opened) one.close();
  return { rssMib, cores };
}
