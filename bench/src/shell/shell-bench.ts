import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trial, TrialMachine } from '@joh/testkit';
import { waitFor } from '@joh/testkit';
import type { Bench, Figure } from '../bench.ts';
import { spreadOf } from '../statistics.ts';
import { type Site, startSite } from './site.ts';

const samples = { known: 15, evaluated: 8, fetched: 3 } as const;
const settledMs = 120_000;

/** One opening of the project; null: no prompt in the project's shell was needed for it. */
interface Opening {
  /** Until the first prompt, whatever it is in. */
  promptMs: number;
  /** Until a terminal of the project's shell can be had. */
  readyMs: number;
  /** From starting a further terminal until its prompt, in the project's shell and as a login shell. */
  insideMs: number;
  loginMs: number;
}

export const shellBench: Bench = {
  name: 'shell',
  summary: 'From opening a project to a prompt in its shell, against nix-shell and a login shell.',
  async run(context) {
    const { say } = context;
    const site = await startSite(context);
    const nixShell: number[] = [];
    const first: Opening[] = [];
    say(`${samples.evaluated} first openings, each beside nix-shell and a login shell`);
    for (let at = -1; at < samples.evaluated; at += 1) {
      await forget(site.first);
      const plain = await site.nixShell(site.first);
      const opening = await open(site.first, { ...site, frontend: null }, 'evaluation');
      if (at < 0) continue;
      nixShell.push(plain);
      first.push(opening);
    }
    say(`${samples.known} openings of the same in the same container`);
    const known: Opening[] = [];
    for (let at = 0; at < samples.known; at += 1)
      known.push(await open(site.first, site, 'container'));
    say(`${samples.fetched} first openings in another container, beside nix-shell in another`);
    await site.share();
    await forget(site.first);
    await open(site.first, site, 'evaluation');
    const elsewhere: Opening[] = [];
    const fetching: number[] = [];
    for (let at = 0; at < samples.fetched; at += 1) {
      fetching.push(await site.nixShell(await site.another()));
      elsewhere.push(await open(await site.another(), site, 'frontend'));
    }
    return outcomeOf({ nixShell, fetching, first, known, elsewhere });
  },
};

/** As if it had never been opened there. */
async function forget({ folder }: TrialMachine): Promise<void> {
  await rm(join(folder, 'home/.cache/joy-of-hardware'), { recursive: true, force: true });
}

/** Opens it once. @throws Error the shell came from elsewhere than it should */
async function open(
  machine: TrialMachine,
  {
    project,
    frontend,
    observer,
  }: Pick<Site, 'project' | 'observer'> & {
    frontend: Site['frontend'] | null;
  },
  origin: 'container' | 'frontend' | 'evaluation',
): Promise<Opening> {
  const trial = machine.open(project, { frontend, observer, withPrompts: true });
  try {
    const isDone = () => promptOf(trial, true) && trial.said.findLast(({ prompt }) => prompt);
    const last = await waitFor(() => (isDone()?.prompt?.shell === null ? isDone() : null), {
      ...{ deadlineMs: settledMs, what: 'a prompt in the shell of the project' },
    });
    const inside = promptOf(trial, true);
    const state = trial.state();
    if (state?.origin !== origin)
      throw new Error(`the shell is from ${state?.origin}: ${state?.problem?.message ?? ''}`);
    const prompt = promptOf(trial, false);
    const ready = trial.said.find((one) => one.state?.phase === 'ready');
    return {
      promptMs: prompt?.atMs ?? 0,
      readyMs: ready?.atMs ?? 0,
      insideMs: inside?.prompt?.tookMs ?? 0,
      loginMs: last?.prompt?.tookMs ?? 0,
    };
  } finally {
    await trial.end();
  }
}

function promptOf({ said }: Trial, isInside: boolean) {
  return said.find(({ prompt }) => prompt && (!isInside || prompt.shell !== null));
}

function outcomeOf(took: {
  nixShell: number[];
  fetching: number[];
  first: Opening[];
  known: Opening[];
  elsewhere: Opening[];
}) {
  const { nixShell, fetching, first, known, elsewhere } = took;
  const row = (name: string, values: readonly number[]) => {
    const { n, p50, p99, max } = spreadOf(values);
    return [name, n, p50, p99, max];
  };
  const login = [...first, ...known].map(({ loginMs }) => loginMs);
  const prompts = (some: readonly Opening[]) => some.map(({ promptMs }) => promptMs);
  const readies = (some: readonly Opening[]) => some.map(({ readyMs }) => readyMs);
  const against = (
    name: string,
    values: readonly number[],
    peer: string,
    peers: readonly number[],
  ): Figure => ({
    ...{ name, unit: 'ms', value: spreadOf(values).p50, peer, peerValue: spreadOf(peers).p50 },
  });
  return {
    tables: [
      {
        title: 'Opening a project with a shell.nix, ms',
        columns: ['what', 'n', 'p50', 'p99', 'max'],
        rows: [
          row('a login shell to its prompt', login),
          row('nix-shell --run true, all paths here', nixShell),
          row('nix-shell --run true, paths from the cache', fetching),
          row('first opening: a prompt (login shell)', prompts(first)),
          row('first opening: the shell is ready', readies(first)),
          row('again: a prompt in the shell', prompts(known)),
          row('another container: a prompt', prompts(elsewhere)),
          row('another container: the shell is ready', readies(elsewhere)),
          row(
            'a further terminal in the shell',
            known.map(({ insideMs }) => insideMs),
          ),
        ],
      },
    ],
    figures: [
      against('shell_known_prompt', prompts(known), 'login shell', login),
      against('shell_known_prompt_nix', prompts(known), 'nix-shell', nixShell),
      against('shell_first_prompt', prompts(first), 'login shell', login),
      against('shell_first_ready', readies(first), 'nix-shell', nixShell),
      against('shell_elsewhere_prompt', prompts(elsewhere), 'login shell', login),
      against('shell_elsewhere_ready', readies(elsewhere), 'nix-shell', fetching),
    ],
    notes: [
      'Closed loop: one opening at a time, in turn with the peers. From the agent having the working copy; its process runs already.',
      'Real: Nix of Debian, nix-shell, bash on pseudoterminals, FrontendMaster with its records and cache over loopback. The shell has yosys and iverilog.',
      'Simulated: containers are mount namespaces with a store of their own; nixpkgs is the small set of the testkit, whose evaluation is much shorter than that of the real one. What the agent would push is copied by hand.',
    ],
  };
}
