import type { EventLog } from './events.ts';
import type { Failures } from './failures.ts';
import type { PoolStore } from './pool-store.ts';
import type { Pulls } from './pulls.ts';
import { planRollOut, type RollOut, type RollOutBounds } from './roll-out.ts';
import type { Survey } from './survey.ts';

/** Moves the pool to the wanted image, look by look; what is decided is durable. */
export function createRollOuts(options: {
  poolStore: PoolStore;
  pulls: Pulls;
  failures: Failures;
  events: Pick<EventLog, 'tell'>;
  limits: RollOutBounds;
  image: string | null;
}) {
  const { poolStore, pulls, failures, events, limits } = options;
  let told = '';
  const tell = ({ shown }: RollOut) => {
    const step = `${shown.state} ${shown.wanted}`;
    const isFirst = told === '' && shown.state === 'steady';
    if (step !== told && !isFirst) events.tell({ kind: 'image', sentence: shown.sentence });
    told = step;
  };
  return {
    /** What the plan should do about images now. */
    async advance({ pool, nodes, containers }: Survey): Promise<RollOut> {
      const { serving, stopped } = pool;
      const wanted = pool.wish?.image ?? options.image;
      const rollOut = planRollOut(
        { wanted, serving, stopped },
        {
          nodes: nodes.map(({ id, name, state }) => ({
            ...{ id, name, isReady: state === 'ready' },
            ...{ images: pulls.of(id), problem: pulls.problem(id) },
          })),
          containers,
          failures: failures.ofImage(wanted ?? ''),
          isProven:
            wanted !== null &&
            (failures.isProven(wanted) ||
              containers.some(
                ({ image, state }) => image === wanted && (state === 'warm' || state === 'claimed'),
              )),
        },
        limits,
      );
      if (wanted !== null && rollOut.stop !== null) {
        await poolStore.setStopped({ image: wanted, reason: rollOut.stop });
        failures.forgetImage(wanted);
      }
      if (wanted !== null && rollOut.isSettled) await poolStore.setServing(wanted);
      for (const { image, node } of rollOut.pulls) pulls.start(image, node);
      tell(rollOut);
      return rollOut;
    },
  };
}
