/** Every bound of the FrontendMaster process, units in the names. */
import { strict as assert } from 'node:assert';

export const limits = {
  /** Body of one JSON request. Ours are names and short texts; 256 KiB is generous. */
  requestBodyBytesMax: 256 * 1024,
  /** A client has this long to send one whole request; streams (git, cache) are exempt. */
  requestTimeoutMs: 30_000,
  /** Time between accepting a signal to stop and ending the process with force. */
  shutdownDeadlineMs: 10_000,
  /** Wrong passwords per address and account in one window; then 429. */
  signInFailuresMax: 10,
  /** Wrong passwords per address over all accounts in one window: one machine tries many names. */
  signInFailuresPerAddressMax: 100,
  signInWindowMs: 5 * 60_000,
  /** Accounts made from one address in one window (a class of 60 behind one address fits). */
  signUpsPerAddressMax: 120,
  /** Addresses and accounts remembered by the limiter; the oldest is forgotten first. */
  signInKeysMax: 50_000,
  /** How long a sign-in lasts without being used. */
  signInLifetimeMs: 14 * 24 * 3_600_000,
  /** From "Allow" in the browser to the program that redeems its code; it is at the same computer. */
  authorizationCodeLifetimeMs: 60_000,
  /** Codes remembered at once; the oldest is forgotten first. */
  authorizationCodesMax: 10_000,
  /** A password that git sent was right: it is not hashed again for this long. */
  gitPasswordMemoryMs: 60_000,
  gitPasswordMemoryMax: 10_000,
  projectsPerAccountMax: 500,
  /** One push: what git may send in one request. */
  pushBytesMax: 2 * 1024 * 1024 * 1024,
  /** One git request, from its head to its last byte. */
  gitRequestDeadlineMs: 30 * 60_000,
  /** git requests served at once; more wait their turn. */
  gitRequestsMax: 64,
  /** One local git command that FM runs itself. */
  gitCommandDeadlineMs: 60_000,
  /** Packing one repository in the background. */
  gitGarbageDeadlineMs: 20 * 60_000,
  /** What one user may have in the Nix cache; the least recently used makes room. */
  cacheQuotaBytes: 20 * 2 ** 30,
  /** Paths that nobody asked for so long are forgotten; the base keeps all. */
  cacheKeepDays: 90,
  cacheCollectIntervalMs: 3_600_000,
  /** One evaluated shell; nixpkgs' own are 10 to 30 KiB. */
  shellRecordBytesMax: 192 * 1024,
  shellRecordsPerPlaceMax: 8,
  /** Of one user; the least recently used make room. */
  shellBytesPerNamespaceMax: 16 * 2 ** 20,
  /** How exactly the use of a shell is remembered. */
  shellUseGrainMs: 3_600_000,
} as const;

assert(limits.requestTimeoutMs < limits.gitRequestDeadlineMs);
assert(limits.signInFailuresMax <= limits.signInFailuresPerAddressMax);
assert(limits.shellRecordBytesMax < limits.requestBodyBytesMax);

/** Containers and the engine that makes them. */
export const poolLimits = {
  /** 26 at once on one node took 3.5 s of its CPU: more side by side only makes each slower. */
  createsInFlightPerNodeMax: 4,
  createsPerNodeMax: 60,
  createWindowMs: 60_000,
  /** A class of 30 that opens at once on two cores had prompts after 5.8 s beside the refill, after 3.3 s without. */
  refillPauseMs: 3_000,
  destroysInFlightPerNodeMax: 8,
  /** From a container's row to its agent's first call; a cold image takes 10 to 20 s. */
  startDeadlineMs: 90_000,
  /** Silence of an agent whose container the engine still shows running. */
  lostGraceMs: 30_000,
  /** The same when the engine says that the container has ended. */
  deadGraceMs: 4_000,
  createDeadlineMs: 60_000,
  destroyDeadlineMs: 30_000,
  /** While FM stops; what is left then is destroyed at the next start. */
  stopDestroyDeadlineMs: 5_000,
  /** An engine bounds what one silent node costs it; in the background nobody waits for it. */
  nodesDeadlineMs: 15_000,
  /** A look waits so long for one node, once: then the node counts as silent until it answers. */
  listDeadlineMs: 5_000,
  /** Between two looks when nothing happens; events make it look at once. */
  lookIntervalMs: 2_000,
  /** At least this long between two looks, however many events arrive. */
  lookPauseMs: 20,
  nodesIntervalMs: 5_000,
  /** How often the store is told which agents are alive. */
  heardIntervalMs: 5_000,
  retryFirstMs: 500,
  retryMaxMs: 30_000,
  /** An image of 200 MB took 3.3 s on the same network; over a slow line it takes its time. */
  pullDeadlineMs: 20 * 60_000,
  pullRetryMaxMs: 60_000,
  /** Of a roll-out, on a node and of a class: at most so many are not warm because of it. */
  replacedAtOnceMax: 2,
  /** One that fails by chance must not stop a roll-out; three in a row are no chance. */
  trialsMax: 3,
  /** Containers that fail on a node one after the other before it gets none for a while. */
  nodeFailuresMax: 5,
  quarantineFirstMs: 10 * 60_000,
  quarantineMaxMs: 6 * 3_600_000,
  /** Rows of destroyed containers are kept this long, for people who look into what happened. */
  destroyedKeptMs: 24 * 3_600_000,
  /** Sentences of the event log; some 200 bytes each. A busy day of a rack makes about as many. */
  eventsKept: 20_000,
} as const;

/** Machines that become compute nodes. */
export const membershipLimits = {
  /** From `joh node join` to the command's paste on the machine. */
  joinLifetimeMs: 15 * 60_000,
  /** How soon a machine that joined through another FM is known here. */
  membersIntervalMs: 5_000,
  /** Joining again renews; an operator is told from `certificateNoticeMs` before the end on. */
  nodeCertificateDays: 3 * 365,
  certificateNoticeMs: 60 * 24 * 3_600_000,
} as const;

/** Sessions. */
export const sessionLimits = {
  queueMax: 500,
  livePerUserMax: 8,
  /** Clone included. */
  prepareDeadlineMs: 120_000,
  /** Sessions whose repository is looked at by git at once: a class of 30 takes some 0.1 s so. */
  repositoryLooksMax: 4,
  /** Containers tried for one claim before the session fails. */
  prepareAttemptsMax: 3,
  /** Containers a session may lose before it fails. */
  movesMax: 5,
  /** The agent's time to answer `close`: it ends programs, and for 10 s it fills the Nix cache. */
  closeDeadlineMs: 25_000,
  /** A `ready` session that nobody attaches to counts as detached after this. */
  attachGraceMs: 60_000,
  /** A detached session without work of its own is closed after this. */
  detachedIdleMs: 30 * 60_000,
  /** A detached session that works (a long synthesis) is closed after this at the latest. */
  detachedMaxMs: 12 * 3_600_000,
  /** Cores above which a detached session counts as working. */
  busyCores: 0.2,
  ageMaxMs: 7 * 24 * 3_600_000,
  tickMs: 1_000,
  ticketLifetimeMs: 60_000,
  /** Ended sessions stay visible this long. */
  endedKeptMs: 7 * 24 * 3_600_000,
  /** A comment on an idle event stream keeps proxies from cutting it. */
  eventsPingMs: 10_000,
  eventsPerSessionMax: 32,
} as const;

/** Sockets of agents and browsers. */
export const tunnelLimits = {
  /** Of a browser's upgrade request, rebuilt. Node's own parser refuses more than 16 KiB. */
  headBytesMax: 16 * 1024,
  /** Browser windows of one session. */
  socketsPerSessionMax: 16,
  /**
   * How long a browser, or a call, is held while the agent's control socket is away, e.g. after FM
   * restarted. Agents dial again within 10 s.
   */
  agentReturnMs: 12_000,
  dialDeadlineMs: 5_000,
  /** From the control socket's upgrade to `register`. */
  registerDeadlineMs: 10_000,
  heartbeatMs: 5_000,
  /** Silence after which a control socket counts as dead. */
  silenceMs: 15_000,
  controlMessageBytesMax: 256 * 1024,
  callDeadlineMs: 10_000,
  /** After one side of a tunnel ended, the other may flush this long. */
  lingerMs: 2_000,
  /** Upgrade requests that have not been answered yet. */
  pendingMax: 1_000,
} as const;

assert(poolLimits.stopDestroyDeadlineMs < limits.shutdownDeadlineMs);
assert(poolLimits.deadGraceMs < poolLimits.lostGraceMs);
assert(poolLimits.heardIntervalMs * 2 < poolLimits.lostGraceMs);
assert(tunnelLimits.agentReturnMs < sessionLimits.closeDeadlineMs);
assert(poolLimits.createDeadlineMs < poolLimits.startDeadlineMs);
assert(tunnelLimits.heartbeatMs * 2 < tunnelLimits.silenceMs);
assert(tunnelLimits.silenceMs < poolLimits.lostGraceMs);
