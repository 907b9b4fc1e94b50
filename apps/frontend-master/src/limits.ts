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
  /** Session tokens per session that are kept after a newer epoch has one. */
  pageTextMax: 100 * 1024,
} as const;

assert(limits.requestTimeoutMs < limits.gitRequestDeadlineMs);
assert(limits.signInFailuresMax <= limits.signInFailuresPerAddressMax);
