import type { Bench, Figure } from '../bench.ts';
import { startRack } from '../rack/rack.ts';
import { spreadOf } from '../statistics.ts';
import { claimStatement } from './claim-statement.ts';
import { claimsAtOnce, claimsInTurn, createClaimants } from './claimants.ts';
import { dockerRuns } from './docker-runs.ts';

/** The rack of the design: 14 compute nodes, 182 standard containers. */
const nodes = 14;
const claimsWanted = 208;
/** A node's worth, claimed together. */
const atOnce = 13;
const warmUpClaims = 26;
const dockerSamples = 20;

export const claimBench: Bench = {
  name: 'claim',
  summary: 'From asking for a session to a warm container that is durably its own.',
  async run(context) {
    const { say } = context;
    say('docker run on a daemon of its own');
    const docker = spreadOf(await dockerRuns(context, dockerSamples));
    say(`FrontendMaster with ${nodes} simulated nodes`);
    const rack = await startRack(context, { nodes });
    const claimants = await createClaimants(context, rack, atOnce);
    await claimsInTurn(claimants, warmUpClaims);
    say(`${claimsWanted} claims, one after another`);
    const inTurn = spreadOf(await claimsInTurn(claimants, claimsWanted));
    say(`${claimsWanted} claims, ${atOnce} at once`);
    const together = spreadOf(await claimsAtOnce(claimants, claimsWanted / atOnce));
    say('the claim statement alone');
    const statement = spreadOf(await claimStatement(context));
    const row = (load: string, { n, p50, p99, max }: typeof docker) => [load, n, p50, p99, max];
    const against = (name: string, value: number, peerValue: number): Figure => ({
      ...{ name, unit: 'ms', value },
      ...{ peer: 'docker run', peerValue },
    });
    return {
      tables: [
        {
          title: 'Warm claim to acknowledged, ms',
          columns: ['what', 'n', 'p50', 'p99', 'max'],
          rows: [
            row('POST /api/sessions, one after another', inTurn),
            row(`POST /api/sessions, ${atOnce} at once`, together),
            row('the claim statement, SQLite', statement),
            row('docker run --rm --network none <debian> true', docker),
          ],
        },
      ],
      figures: [
        against('warm_claim_p50', inTurn.p50, docker.p50),
        against('warm_claim_p99', inTurn.p99, docker.p99),
        against('warm_claim_max', inTurn.max, docker.max),
        against('warm_claim_13_at_once_p50', together.p50, docker.p50),
        against('warm_claim_13_at_once_p99', together.p99, docker.p99),
        against('warm_claim_13_at_once_max', together.max, docker.max),
        { name: 'claim_statement_p50', unit: 'ms', value: statement.p50 },
        { name: 'claim_statement_p99', unit: 'ms', value: statement.p99 },
      ],
      notes: [
        'Closed loop: the next claim, or the next 13 together, is asked when the ones before were answered and the sessions before have closed.',
        'Each sample is one HTTP request of a signed-in user, from sending it to the parsed answer that says which session holds a container; by then the claim is on disk (SQLite, synchronous=FULL).',
        'Meanwhile, in the background and not in the samples: earlier sessions close, containers are destroyed and the pool is refilled.',
        `Simulated: the engine and the agents (${nodes} nodes, ${nodes * 13} standard containers). Real: FrontendMaster as its own process, HTTP, sockets, repositories, SQLite on disk.`,
        'docker run: a real daemon started for this run, no network, an image that is on the machine already; the peer makes a container, the claim takes one that was made before.',
      ],
    };
  },
};
