/** Starts and follows builds; one at a time, and everyone who wants to know is told. */
import type { Build, Builder, BuilderOffer } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import { advance, type BuildProgress, finishedBuild, startedBuild } from './model.ts';

export interface BuildRunner {
  readonly current: BuildProgress | null;
  /** Calls at once with the current one. */
  watch(listener: (progress: BuildProgress | null) => void): () => void;
  /** Saves every file, builds, and resolves with the finished build. */
  start(): Promise<Build>;
  cancel(): Promise<void>;
  /** Shows the newest build of the session; follows it when it is running. */
  resume(): Promise<void>;
  /** How the project can be built; `chosen` is what the next build does. */
  builders(): Promise<{ chosen: Builder; offers: readonly BuilderOffer[] }>;
  /** For the builds of this page from now on; null: as the project says. */
  choose(builder: Builder | null): void;
  /** Makes another result of the last build the one that is programmed. */
  take(path: string): void;
}

export function createBuildRunner({ agent, clock, vscode }: Ide): BuildRunner {
  let current: BuildProgress | null = null;
  let running: string | null = null;
  let chosen: Builder | null = null;
  const listeners = new Set<(progress: BuildProgress | null) => void>();
  const set = (progress: BuildProgress | null) => {
    current = progress;
    for (const listener of listeners) listener(progress);
  };
  const follow = async (id: string): Promise<Build> => {
    running = id;
    set(startedBuild(clock.monotonic()));
    try {
      await agent.followBuild(id, (event) => {
        if (current) set(advance(current, event, clock.monotonic()));
      });
    } finally {
      running = null;
    }
    if (current?.build) return current.build;
    // The stream ended without its last word (the agent was restarted): ask for it.
    const { build } = await agent.call('builds.latest', {});
    if (!build) throw new TypeError('the build is gone');
    set(finishedBuild(build));
    return build;
  };
  return {
    get current() {
      return current;
    },
    watch(listener) {
      listeners.add(listener);
      listener(current);
      return () => listeners.delete(listener);
    },
    async start() {
      await vscode.workspace.saveAll(false);
      const { build } = await agent.call('builds.start', chosen ? { builder: chosen } : {});
      return follow(build);
    },
    async builders() {
      const { chosen: usual, offers } = await agent.call('builds.builders', {});
      const isPossible = offers.some(
        ({ builder, missing }) => builder === chosen && missing === null,
      );
      return { chosen: chosen && isPossible ? chosen : usual, offers };
    },
    choose(builder) {
      chosen = builder;
    },
    take(path) {
      const bitstream = current?.build?.artifacts?.find((one) => one.path === path);
      if (current?.build && bitstream) set({ ...current, build: { ...current.build, bitstream } });
    },
    async cancel() {
      if (running) await agent.call('builds.cancel', { build: running });
    },
    async resume() {
      const { build } = await agent.call('builds.latest', {});
      if (!build || running) return;
      if (build.state === 'running') await follow(build.id);
      else set(finishedBuild(build));
    },
  };
}
