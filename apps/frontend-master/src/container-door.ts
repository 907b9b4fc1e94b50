/** Where containers reach FrontendMaster: it depends on where the engine puts them. */
import type { Clock } from '@joh/clock';
import type { Engine, FrontendReach } from '@joh/engine';
import { agentPaths, fault } from '@joh/protocol';
import type { Http, Logger } from '#platform';

export interface ContainerDoor {
  /** FM's address for containers, without a trailing slash. @throws E_ENGINE_UNREACHABLE not known yet */
  url(): string;
  /** Finds out, and listens there, unless FM's own `host` covers it. An engine that does not answer is asked again until `close`. */
  open(host: string): Promise<void>;
  close(): void;
}

/** A container needs its agent's sockets and git; nothing else of FM is served to it. */
const prefixes = [agentPaths.control, agentPaths.streams, '/git/'];
const askDeadlineMs = 10_000;
const retryMs = 2_000;

/** Makes the door; FM listens already on `publicUrl`'s port. */
export function createContainerDoor(options: {
  engine: Engine;
  http: Pick<Http, 'listenFor'>;
  /** FM's own port. The same number is used on every address, so that it outlives a restart. */
  port(): number;
  clock: Clock;
  logger: Logger;
}): ContainerDoor {
  const { engine, http, clock, logger } = options;
  const stopping = new AbortController();
  let url: string | null = null;
  const listen = async (reach: FrontendReach, own: string): Promise<string> => {
    const port = options.port();
    if (reach.reach === 'elsewhere') {
      throw fault('E_ENGINE_REFUSED', { reason: 'its containers cannot reach FrontendMaster' });
    }
    if (reach.reach === 'loopback') return `http://${isAny(own) ? '127.0.0.1' : own}:${port}`;
    if (!isAny(own) && own !== reach.host) await http.listenFor(prefixes, { ...reach, port });
    return `http://${reach.host}:${port}`;
  };
  const attempt = async (own: string) => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(askDeadlineMs)]);
    url = await listen(await engine.frontendReach(signal), own);
  };
  const again = async (own: string) => {
    while (url === null) {
      await clock.sleep(retryMs, stopping.signal);
      await attempt(own).catch((error: unknown) => {
        if (!stopping.signal.aborted)
          logger.debug({ err: error }, 'the engine does not answer yet');
      });
    }
  };
  return {
    url: () => {
      if (url === null)
        throw fault('E_ENGINE_UNREACHABLE', { reason: 'it has not answered since the start' });
      return url;
    },
    open: async (own) => {
      await attempt(own).catch((error: unknown) => {
        logger.warn({ err: error }, 'the container engine does not answer; it is asked again');
        again(own).catch(() => undefined);
      });
    },
    close: () => stopping.abort(),
  };
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
