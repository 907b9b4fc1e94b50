import { resolve } from 'node:path';
import { z } from 'zod';
import { parseAddresses } from './client-address.ts';
import { parseHostNames } from './host-names.ts';

/** One value a line: name of the environment variable, what it means, its rule. */
const configurationSchema = z.object({
  /** Data directory; made with mode 0700. */
  JOH_DATA: z.string().min(1).default('data'),
  /** Address to listen on; loopback unless a TLS terminator stands in front. */
  JOH_HOST: z.string().min(1).default('127.0.0.1'),
  /** Port to listen on; 0 takes a free one. */
  JOH_PORT: z.coerce.number().int().min(0).max(65_535).default(8787),
  /** `local`, `docker`, `swarm` or `fake:<personality>`. */
  JOH_ENGINE: z
    .string()
    .regex(/^(local|docker|swarm|fake:[a-z-]+)$/, 'use local, docker, swarm or fake:<personality>')
    .default('local'),
  /**
   * Containers on each node, per class: how many are kept warm, and how many there are at most,
   * e.g. `standard=2/4,burst=1/4`. A class that is not named is sized from the node's cores and memory.
   */
  JOH_POOL: z
    .string()
    .regex(
      /^(standard|burst)=\d{1,3}\/\d{1,3}(,(standard|burst)=\d{1,3}\/\d{1,3})?$/,
      'use <class>=<warm>/<most>, e.g. standard=2/4,burst=1/4',
    )
    .optional(),
  /** `postgres://…`; without it SQLite in the data directory. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'use postgres://user:password@host/database')
    .optional(),
  /** The address users see, e.g. `https://joy.example`; without it the address listened on. */
  JOH_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /**
   * Host names behind a reverse proxy, e.g. `site=joy.example,git=git.joy.example,cache=cache.joy.example`.
   * `site` alone makes `JOH_PUBLIC_URL` `https://<site>`.
   */
  JOH_HOST_NAMES: z
    .string()
    .refine(
      (text) => parseHostNames(text) !== null,
      'use site=<name>,git=<name>,cache=<name>, each in lower case',
    )
    .optional(),
  /**
   * Where containers of other machines reach FM, e.g. `http://10.0.0.1:8788`: it listens there for what
   * agents, git and joining machines use, and for nothing else.
   */
  JOH_DOOR: z
    .string()
    .regex(/^http:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\]):[1-9]\d{0,4}$/, 'use http://<address>:<port>')
    .optional(),
  /** `host:port` of the registry that nodes pull session images from. */
  JOH_REGISTRY: z
    .string()
    .regex(/^[a-z0-9.-]+:[1-9]\d{0,4}$/, 'use <host>:<port>')
    .optional(),
  /**
   * Addresses and networks of the reverse proxy, e.g. `127.0.0.1,::1`: only what comes from there is
   * believed about the client's address (`X-Forwarded-For`).
   */
  JOH_TRUSTED_PROXY: z
    .string()
    .refine(
      (text) => parseAddresses(text) !== null,
      'use addresses or networks: 127.0.0.1,10.0.0.0/8',
    )
    .optional(),
  /** A Nix cache to fetch from what this one has not, e.g. the public one; with its keys. */
  JOH_CACHE_UPSTREAM: z.url({ protocol: /^https?$/ }).optional(),
  /** Public keys that paths of `JOH_CACHE_UPSTREAM` must be signed by, with spaces between them. */
  JOH_CACHE_UPSTREAM_KEYS: z
    .string()
    .regex(/^\S+:\S{44}( +\S+:\S{44})*$/, 'use <name>:<base 64>, as in trusted-public-keys')
    .optional(),
  /** Who shows it (`authorization: Bearer …`) reads `/metrics` from anywhere; else only this machine does. */
  JOH_METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,}$/, 'use at least 16 characters without spaces')
    .optional(),
  /** For `docker`: the image of session containers; `ops/session-image/` builds it. */
  JOH_SESSION_IMAGE: z.string().min(1).default('joh-session:dev'),
  /**
   * For `docker` and `swarm`: the daemon's Unix socket, as Docker's own tools take it. `none`, for
   * `docker`: FM's own machine is no compute node.
   */
  DOCKER_HOST: z
    .string()
    .regex(/^(unix:\/\/\/.+|none)$/, 'use unix:///path/to/docker.sock, or none')
    .optional(),
  JOH_LOG: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Folder of the built IDE; default: the one beside this program. */
  JOH_IDE: z.string().min(1).optional(),
});
type ConfigurationName = keyof typeof configurationSchema.shape;
export type Configuration = z.infer<typeof configurationSchema>;

export interface ReadConfiguration {
  values: Configuration;
  /** Where each value comes from. */
  origins: Readonly<Record<ConfigurationName, 'environment' | 'default'>>;
}

/** A configuration that cannot be used; the message names each variable and its rule. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * Reads the configuration; an empty variable counts as absent. `JOH_DATA` becomes absolute.
 * @throws {ConfigurationError}
 */
export function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): ReadConfiguration {
  const names = Object.keys(configurationSchema.shape) as ConfigurationName[];
  const given = Object.fromEntries(
    names.filter((name) => environment[name]).map((name) => [name, environment[name]]),
  );
  const parsed = configurationSchema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigurationError(lines.join('\n'));
  }
  const problems = contradictions(parsed.data);
  if (problems.length > 0) throw new ConfigurationError(problems.join('\n'));
  const origins = Object.fromEntries(
    names.map((name) => [name, name in given ? 'environment' : 'default']),
  ) as Record<ConfigurationName, 'environment' | 'default'>;
  const { site } = parseHostNames(parsed.data.JOH_HOST_NAMES ?? '') ?? {};
  const values = {
    ...parsed.data,
    JOH_DATA: resolve(parsed.data.JOH_DATA),
    ...(site && !parsed.data.JOH_PUBLIC_URL ? { JOH_PUBLIC_URL: `https://${site}` } : {}),
  };
  return { values, origins };
}

/** Settings that are right alone and wrong together, each in a sentence. Pure. */
function contradictions(values: Configuration): string[] {
  const { JOH_ENGINE: engine, DOCKER_HOST: docker, JOH_DOOR: door } = values;
  const site = parseHostNames(values.JOH_HOST_NAMES ?? '')?.site;
  const found: string[] = [];
  if (engine === 'swarm' && !door) {
    found.push(
      'JOH_DOOR: the containers of a Swarm run on other machines; name an address of this one',
    );
  }
  if (docker === 'none' && engine !== 'docker') {
    found.push('DOCKER_HOST: none is for JOH_ENGINE=docker');
  }
  if (docker === 'none' && !door) {
    found.push('JOH_DOOR: without a node on this machine, name an address that the others reach');
  }
  if (site && values.JOH_PUBLIC_URL && new URL(values.JOH_PUBLIC_URL).hostname !== site) {
    found.push('JOH_PUBLIC_URL: its host is another one than the site of JOH_HOST_NAMES');
  }
  return found;
}

/** The lines that `joh-fm config` prints: name, value, origin; no secret. */
export function describeConfiguration({ values, origins }: ReadConfiguration): string[] {
  return (Object.keys(origins) as ConfigurationName[]).map((name) => {
    const value = values[name];
    const isSecret = name === 'JOH_METRICS_TOKEN' && value !== undefined;
    const text = value === undefined ? '(unset)' : isSecret ? '***' : maskSecret(String(value));
    return `${name}=${text}  # ${origins[name]}`;
  });
}

/** Hides the password of a URL. */
function maskSecret(text: string): string {
  return text
    .replace(/^([a-z]+:\/\/[^/@]*?:)[^/]*@/i, '$1***@')
    .replace(/(password=)[^&]*/gi, '$1***');
}
