import type { Bench, BenchContext, Figure } from '../bench.ts';
import { startDockerSite } from '../containers/docker-site.ts';
import {
  claim,
  close,
  closed,
  createPlaces,
  type Place,
  readied,
  warmed,
} from '../opening/people.ts';
import { spreadOf } from '../statistics.ts';
import { runsInTurn } from './docker-runs.ts';

/** What Kubernetes' agent-sandbox publishes for its warm pool, in claims a second. */
const perSecond = 45;
/** As many warm containers as a machine of 2 cores fills in ten seconds; a round claims them all. */
const count = 26;
const rounds = 3;
const dockerSamples = 10;

export const openLoopBench: Bench = {
  name: 'claim-open-loop',
  summary: 'Claims of real containers at 45 a second, by schedule.',
  async run(context) {
    const { say } = context;
    const site = await startDockerSite(context, `standard=${count}/${2 * count},burst=0/0`);
    const docker = spreadOf(await runsInTurn(context, site.socketPath, site.base, dockerSamples));
    const places = await createPlaces(site, { people: count, projectsEach: 1 });
    const took: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}: ${count} containers, then their claims`);
      await warmed(site, places[0]!, count);
      took.push(...(await claimsBySchedule(context, places)));
      await readied(places);
      await close(places);
      await closed(places);
    }
    const claims = spreadOf(took);
    const row = (name: string, { n, p50, p99, max }: typeof claims) => [name, n, p50, p99, max];
    const against = (name: string, value: number, peerValue: number): Figure => ({
      ...{ name, unit: 'ms', value, peer: 'docker run', peerValue },
    });
    return {
      tables: [
        {
          title: `Claims of real containers, ${perSecond}/s by schedule, ms`,
          columns: ['what', 'n', 'p50', 'p99', 'max'],
          rows: [
            row('POST /api/sessions, from when it was due', claims),
            row('docker run --rm --network none <debian> true, in turn', docker),
          ],
        },
      ],
      figures: [
        against('open_loop_claim_p50', claims.p50, docker.p50),
        against('open_loop_claim_p99', claims.p99, docker.p99),
        against('open_loop_claim_max', claims.max, docker.max),
      ],
      notes: [
        `Open loop: ${count} claims, one every ${(1000 / perSecond).toFixed(1)} ms, whether or not those before are answered; a sample begins when its claim was due. ${rounds} rounds, each on a pool of ${count} warm containers.`,
        'All real: dockerd, containers of the session image with their agents and clones, FrontendMaster, HTTP. The node, FrontendMaster and the clients share one machine.',
        'During a round the pool refills: the same cores make new containers, and claimed ones clone.',
      ],
    };
  },
};

async function claimsBySchedule(context: BenchContext, places: readonly Place[]) {
  const { clock } = context;
  const began = clock.monotonic();
  const samples = places.map(async (place, at) => {
    const dueMs = began + (at * 1000) / perSecond;
    await clock.sleep(Math.max(0, dueMs - clock.monotonic()));
    const lateMs = clock.monotonic() - dueMs;
    return lateMs + (await claim(context, place));
  });
  return Promise.all(samples);
}
