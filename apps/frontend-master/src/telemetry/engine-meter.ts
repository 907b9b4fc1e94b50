import type { Clock } from '@joh/clock';
import type { Engine } from '@joh/engine';
import { isFault } from '@joh/protocol';

export const engineCalls = ['create', 'destroy', 'pull'] as const;
export const engineResults = ['done', 'refused', 'unreachable', 'late', 'failed'] as const;

/** One call that changed something on a node, or should have. */
export interface EngineCall {
  call: (typeof engineCalls)[number];
  /** `late`: its deadline passed, or FM stopped. */
  result: (typeof engineResults)[number];
  seconds: number;
}

/** The same engine; every create, destroy and pull is told when it ends. */
export function meterEngine(
  engine: Engine,
  { clock, onCall }: { clock: Clock; onCall(call: EngineCall): void },
): Engine {
  const metered = async <T>(
    call: EngineCall['call'],
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> => {
    const startedAt = clock.monotonic();
    const tell = (result: EngineCall['result']) =>
      onCall({ call, result, seconds: (clock.monotonic() - startedAt) / 1_000 });
    try {
      const value = await work();
      tell('done');
      return value;
    } catch (error) {
      tell(signal.aborted ? 'late' : resultOf(error));
      throw error;
    }
  };
  return {
    ...engine,
    create: (spec, signal) => metered('create', signal, () => engine.create(spec, signal)),
    destroy: (id, signal, node) =>
      metered('destroy', signal, () => engine.destroy(id, signal, node)),
    pull: (image, node, signal) => metered('pull', signal, () => engine.pull(image, node, signal)),
  };
}

function resultOf(error: unknown): EngineCall['result'] {
  if (!isFault(error)) return 'failed';
  if (error.code === 'E_ENGINE_REFUSED') return 'refused';
  return error.code === 'E_ENGINE_UNREACHABLE' ? 'unreachable' : 'failed';
}
