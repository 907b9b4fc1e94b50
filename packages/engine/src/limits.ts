/** Every bound of the engines, units in the names. */
export const limits = {
  /** A create that nobody answers; `docker create` + `start` was measured at 0.24 s, 26 at once 3.6 s. */
  createTimeoutMs: 60_000,
  destroyTimeoutMs: 30_000,
  listTimeoutMs: 15_000,
  /** A Swarm tells nothing of a pull until it is over; 400 MB over 100 Mb/s take 32 s. */
  pullTimeoutMs: 600_000,
  /** A pull of which nothing arrives for so long is given up; 198 MB were pulled in 3.3 s. */
  pullStallMs: 60_000,
  /** Also how long a silent event stream is believed: it is pinged at half of this. */
  pingTimeoutMs: 5_000,
  /** How long a node that was silent before, or a watch at its start, holds a call up. */
  silentNodeMs: 500,
  /** After a loss, subscribing is tried again after these waits, the last one over and over. */
  resubscribeMs: [250, 500, 1_000, 2_000, 5_000] as readonly number[],
  /** Between TERM and KILL. */
  politenessMs: 500,
  /** How often a Swarm manager is asked for its tasks: by whoever waits for one, and by a watch. */
  swarmWaitPollMs: 100,
  swarmWatchPollMs: 500,
  /** How often a wait for processes to end looks again. */
  lookAgainMs: 20,
  /** How often containers whose end nobody reports (an earlier FM started them) are looked at. */
  localPollMs: 250,
  /** Longest path of a Unix socket that every system takes: `sun_path` less its NUL (unix(7)). */
  socketPathBytes: 107,
  /** After KILL, until every process must be gone. */
  killTimeoutMs: 10_000,
} as const;
