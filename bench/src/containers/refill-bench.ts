import { askEngine, waitFor } from '@joh/testkit';
import type { Bench, BenchContext, Figure } from '../bench.ts';
import { claim, createPlaces, type Place, readied, warmed } from '../opening/people.ts';
import { spreadOf } from '../statistics.ts';
import { bareRun, docker } from './docker-command.ts';
import { type DockerSite, startDockerSite } from './docker-site.ts';

/** Standard containers of a compute node. */
const count = 13;
const rounds = 3;
const deadlineMs = 60_000;

export const refillBench: Bench = {
  name: 'refill',
  summary: 'Thirteen people sign out at once: when their slots are free, and thirteen warm again.',
  async run(context) {
    const { say } = context;
    const site = await startDockerSite(context, `standard=${count}/${count},burst=0/0`);
    const slots: number[] = [];
    const refills: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      // People of their own in each round: they sign out in the end.
      const prefix = `user-${round}`;
      const places = await createPlaces(site, { people: count, projectsEach: 1, prefix });
      await warmed(site, places[0]!, count);
      for (const place of places) await claim(context, place);
      await readied(places);
      const { slotMs, refillMs } = await signOutAll(context, site, places);
      slots.push(...slotMs);
      refills.push(refillMs);
    }
    say(`${count} docker runs at once`);
    const run = () => docker(context, site.socketPath, ...bareRun(site.base));
    const began = context.clock.monotonic();
    await Promise.all(Array.from({ length: count }, run));
    const runsMs = context.clock.monotonic() - began;
    const slot = spreadOf(slots);
    const refill = spreadOf(refills);
    const figure = (name: string, value: number): Figure => ({ name, unit: 'ms', value });
    const peer = { peer: `${count} docker runs at once`, peerValue: runsMs };
    return {
      tables: [
        {
          title: `From ${count} sign-outs at once, ms`,
          columns: ['until', 'n', 'p50', 'p99', 'max'],
          rows: [
            ['a container is gone: its slot can be used', slot.n, slot.p50, slot.p99, slot.max],
            [`${count} are warm again`, refill.n, refill.p50, refill.p99, refill.max],
          ],
        },
      ],
      figures: [
        figure('slot_reusable_p50', slot.p50),
        figure('slot_reusable_max', slot.max),
        { ...figure('refilled_13_p50', refill.p50), ...peer },
        { ...figure('refilled_13_max', refill.max), ...peer },
      ],
      notes: [
        `Closed bursts, ${rounds} rounds. The node holds ${count} containers at most, so that each new one needs the slot of one that is gone.`,
        'All real: dockerd, containers of the session image, agents that save and end, FrontendMaster. A slot counts as free when the daemon lists its container no more.',
        'docker run: a bare Debian, made, started, ended and removed, as many at once.',
      ],
    };
  },
};

async function signOutAll({ clock }: BenchContext, site: DockerSite, places: readonly Place[]) {
  const listed = async () => {
    const list = JSON.parse(await askEngine(site.socketPath, '/containers/json?all=1'));
    return new Set((list as { Id: string }[]).map(({ Id }) => Id));
  };
  const before = await listed();
  const watcher = await site.signUp(`watcher-${clock.now()}`);
  const began = clock.monotonic();
  const slotMs: number[] = [];
  await Promise.all(places.map(({ client }) => client.signOut()));
  const areGone = async () => {
    const now = await listed();
    for (const id of before) {
      if (now.has(id)) continue;
      before.delete(id);
      slotMs.push(clock.monotonic() - began);
    }
    return before.size === 0;
  };
  await waitFor(areGone, { deadlineMs, everyMs: 10, what: 'the containers are gone' });
  await warmed(site, watcher, count);
  return { slotMs, refillMs: clock.monotonic() - began };
}
