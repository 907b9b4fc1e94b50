import { agentBench } from './agent/agent-bench.ts';
import type { Bench } from './bench.ts';
import { burstBench } from './claim/burst-bench.ts';
import { claimBench } from './claim/claim-bench.ts';
import { openLoopBench } from './claim/open-loop-bench.ts';
import { coldBench } from './containers/cold-bench.ts';
import { densityBench } from './containers/density-bench.ts';
import { refillBench } from './containers/refill-bench.ts';
import { desktopBench } from './desktop/desktop-bench.ts';
import { nixCacheBench } from './nix-cache/nix-cache-bench.ts';
import { openBench } from './open/open-bench.ts';
import { programBench } from './program/program-bench.ts';
import { rackBench } from './rack/rack-bench.ts';
import { shellBench } from './shell/shell-bench.ts';
import { tunnelBench } from './tunnel/tunnel-bench.ts';
import { virtualBoardBench } from './virtual-board/virtual-board-bench.ts';

/** Every benchmark, once. */
export const benches: readonly Bench[] = [
  claimBench,
  openLoopBench,
  burstBench,
  rackBench,
  refillBench,
  coldBench,
  densityBench,
  openBench,
  tunnelBench,
  programBench,
  virtualBoardBench,
  nixCacheBench,
  shellBench,
  agentBench,
  desktopBench,
];

/** The list that is printed when no name is given. */
export function listOf(some: readonly Bench[]): string {
  const width = Math.max(...some.map(({ name }) => name.length));
  return some.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}\n`).join('');
}
