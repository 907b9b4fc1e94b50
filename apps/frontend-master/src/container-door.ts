/** Where containers, and machines that join, reach FrontendMaster. */
import type { Clock } from '@joh/clock';
import type { Engine, FrontendReach } from '@joh/engine';
import { agentPaths, fault } from '@joh/protocol';
import { cachePrefix } from '#cache';
import { joinPaths } from '#membership';
import type { Http, Logger } from '#platform';
import { shellsPrefix } from '#shells';

export interface ContainerDoor {
  /** FM's address for containers, without a trailing slash. @throws E_ENGINE_UNREACHABLE not known yet */
  url(): string;
  /**
   * Listens where the configuration says, or else finds out where the engine's containers are; not
   * where FM's own `host` covers it. An engine that does not answer is asked again until `close`.
   * @throws E_ENGINE_REFUSED the containers are on other machines, and no door is configured
   */
  open(host: string): Promise<void>;
  close(): void;
}

/** A container needs its agent's sockets, git, the Nix cache and shells; nothing else of FM is served to it. */
const prefixes = [agentPaths.control, agentPaths.streams, '/git/', cachePrefix, shellsPrefix];
const askDeadlineMs = 10_000;
const retryMs = 2_000;

/** Makes the door; FM listens already on its own port. */
export function createContainerDoor(options: {
  engine: Engine;
  http: Pick<Http, 'listenFor'>;
  /** See `JOH_DOOR`. */
  configured: string | undefined;
  /** FM's own port. The same number is used on every address, so that it outlives a restart. */
  port(): number;
  clock: Clock;
  logger: Logger;
}): ContainerDoor {
  const { engine, http, clock, logger, configured } = options;
  const stopping = new AbortController();
  let url: string | null = null;
  const listen = async (reach: FrontendReach, own: string): Promise<string> => {
    const port = options.port();
    if (reach.reach === 'elsewhere') throw fault('E_ENGINE_REFUSED', { reason: noDoor });
    if (reach.reach === 'loopback') return `http://${isAny(own) ? '127.0.0.1' : own}:${port}`;
    if (!isAny(own) && own !== reach.host) await http.listenFor(prefixes, { ...reach, port });
    return `http://${reach.host}:${port}`;
  };
  const attempt = async (own: string) => {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(askDeadlineMs)]);
    const reach = await engine.frontendReach(signal);
    url = await listen(reach, own);
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
  const openConfigured = async (door: string, own: string) => {
    const { host, port } = doorAddress(door);
    const isOwn = port === options.port() && (isAny(own) || own === host);
    // Machines that join know no other address of FM.
    if (!isOwn) await http.listenFor([...prefixes, ...Object.values(joinPaths)], { host, port });
    url = door;
  };
  return {
    url: () => {
      if (url === null)
        throw fault('E_ENGINE_UNREACHABLE', { reason: 'it has not answered since the start' });
      return url;
    },
    open: async (own) => {
      if (configured !== undefined) return openConfigured(configured, own);
      await attempt(own).catch((error: unknown) => {
        if ((error as { details?: { reason?: unknown } }).details?.reason === noDoor) throw error;
        logger.warn({ err: error }, 'the container engine does not answer; it is asked again');
        again(own).catch(() => undefined);
      });
    },
    close: () => stopping.abort(),
  };
}

const noDoor = 'its containers run on other machines: set JOH_DOOR to an address that they reach';

/** Host and port of `JOH_DOOR`; an IPv6 address without its brackets. */
export function doorAddress(door: string): { host: string; port: number } {
  const { hostname, port } = new URL(door);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
