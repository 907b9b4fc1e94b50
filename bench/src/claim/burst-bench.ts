import type { Bench, Figure } from '../bench.ts';
import { bareRun, docker } from '../containers/docker-command.ts';
import { startDockerSite } from '../containers/docker-site.ts';
import { clickToPrompt, type Opened } from '../opening/click-to-prompt.ts';
import { openingTable } from '../opening/opening-table.ts';
import { close, closed, createPlaces, warmed } from '../opening/people.ts';
import { spreadOf } from '../statistics.ts';

/** A class. */
const people = 30;
const rounds = 2;

export const burstBench: Bench = {
  name: 'claim-burst',
  summary: 'A class of 30 opens real containers at once: claim, ready, link, prompt.',
  async run(context) {
    const { say } = context;
    const site = await startDockerSite(context, `standard=${people}/${2 * people},burst=0/0`);
    const places = await createPlaces(site, { people, projectsEach: 1 });
    const opened: Opened[] = [];
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}: ${people} containers, then all at once`);
      await warmed(site, places[0]!, people);
      const some = await Promise.all(
        places.map(async (place) => {
          const one = await clickToPrompt(context, place.client, place.project);
          place.session = one.session;
          return one;
        }),
      );
      opened.push(...some);
      for (const one of some) one.close();
      await close(places);
      await closed(places);
    }
    say(`${people} docker runs at once`);
    await warmed(site, places[0]!, people);
    const run = () => docker(context, site.socketPath, ...bareRun(site.base));
    const runs = spreadOf(await Promise.all(Array.from({ length: people }, run)));
    const claims = spreadOf(opened.map(({ claimedMs }) => claimedMs));
    const prompts = spreadOf(opened.map(({ promptMs }) => promptMs));
    const against = (name: string, value: number, peerValue: number): Figure => ({
      ...{ name, unit: 'ms', value, peer: `${people} docker runs at once`, peerValue },
    });
    return {
      tables: [openingTable(`${people} at once, real containers, ms`, opened)],
      figures: [
        against('burst_claim_p50', claims.p50, runs.p50),
        against('burst_claim_p99', claims.p99, runs.p99),
        against('burst_prompt_p50', prompts.p50, runs.p50),
        against('burst_prompt_p99', prompts.p99, runs.p99),
      ],
      notes: [
        `Closed bursts: ${people} people click at the same moment, ${rounds} times, each time on as many warm containers.`,
        'All real but the page: dockerd, containers of the session image, agents, git clones, pty hosts and bash; a client of the product’s own packages does what the IDE does. Everything shares one machine, which refills the pool at the same time.',
        'docker run: a bare Debian, made, started, ended and removed.',
      ],
    };
  },
};
