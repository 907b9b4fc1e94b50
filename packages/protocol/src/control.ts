/**
 * FrontendMaster and agent, over the control socket that the agent dials.
 *
 * `GET /agent/control` (websocket, subprotocol `joh.control.1`), `authorization: Bearer <token>`:
 * the first time the container's one-time boot token, afterwards the credential that `register`
 * returned. Messages are JSON-RPC 2.0, one a websocket text message.
 *
 * A data socket is `GET /agent/streams/<stream>` with `connection: upgrade`, `upgrade: joh-tunnel`
 * and the same credential. FM answers 101 and then writes the browser's own upgrade request: its
 * head without `cookie` and `authorization`, with `x-joh-user` and `x-joh-session` added. From
 * there both sides are spliced; the agent serves it as an ordinary websocket upgrade for
 * `/connect/<session>`.
 */
import { z } from 'zod';
import { containerId, sessionId, streamId, userId } from './ids.ts';
import { accountName, projectName } from './names.ts';
import { sessionProgress } from './sessions.ts';
import { telemetrySample } from './telemetry.ts';

export const controlSubprotocol = 'joh.control.1';
export const tunnelUpgrade = 'joh-tunnel';

/** Paths on FM that only agents use. */
export const agentPaths = { control: '/agent/control', streams: '/agent/streams/' } as const;

/** The Nix cache as one session has it. */
const sessionCache = z.object({
  /** Address of the namespace as the container reaches it: `http(s)://…/cache/<namespace>`. */
  url: z.url({ protocol: /^https?$/ }),
  namespace: accountName,
  /** Those of the namespace and of the base, as `trusted-public-keys` takes them. */
  publicKeys: z.array(z.string().regex(/^[^\s:]+:[A-Za-z0-9+/=]+$/)),
});

export const prepare = z.object({
  session: sessionId,
  epoch: z.number().int().positive(),
  user: z.object({ id: userId, name: accountName, email: z.string() }),
  project: z.object({ owner: accountName, name: projectName, board: z.string().nullable() }),
  /** `http(s)://…/git/<owner>/<project>.git`, without a secret. */
  cloneUrl: z.string(),
  /**
   * The session's own password, user name `session`: reads and writes this repository and the namespace
   * of `cache`, reads the cache's base, and nothing else. Ends with the session and with its epoch.
   */
  gitToken: z.string(),
  /** The Nix cache, for who has none: absent. */
  cache: sessionCache.optional(),
  /** Key of the HMAC in tickets (see `ticket.ts`), base64url. */
  ticketKey: z.string(),
});
export type Prepare = z.infer<typeof prepare>;

/** What the agent answers: FM calls these. */
export const agentControl = {
  methods: {
    /** Clones or fetches, then answers; progress arrives as notices before. Idempotent per epoch. */
    prepare: { params: prepare, result: z.object({ root: z.string() }) },
    /** Flushes what must be kept, closes every data socket and answers; the container ends next. */
    close: { params: z.object({ reason: z.string() }), result: z.object({}) },
    ping: { params: z.object({}), result: z.object({}) },
  },
  notices: {
    /** Dial `/agent/streams/<stream>` now. */
    dial: { params: z.object({ stream: streamId }) },
  },
} as const;

/** What FM answers: the agent calls these. */
export const frontendControl = {
  methods: {
    /** First call on every control socket. */
    register: {
      params: z.object({ container: containerId, version: z.string() }),
      result: z.object({
        /** For the next dial of control and for data sockets; replaces the boot token. */
        credential: z.string(),
        heartbeatMs: z.number().int().positive(),
      }),
    },
  },
  notices: {
    progress: { params: z.object({ session: sessionId, progress: sessionProgress }) },
    /** Also the heartbeat: at least every `heartbeatMs`. */
    telemetry: { params: telemetrySample },
    /** How many IDE connections are attached; 0 makes the session `detached`. */
    attached: { params: z.object({ session: sessionId, connections: z.number().int() }) },
  },
} as const;
