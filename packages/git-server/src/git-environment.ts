/** Settings of every git that the product runs on its bare repositories, whatever the machine has. */
const settings = {
  // What was acknowledged is on disk: objects, packs and references (git-config(1), core.fsync).
  'core.fsync': 'all',
  'core.fsyncMethod': 'fsync',
  // Repositories are made and read by this one user; a volume may say otherwise.
  'safe.directory': '*',
  // Objects are checked as they come; the three below are old mistakes that real histories have.
  'receive.fsckObjects': 'true',
  'receive.fsck.zeroPaddedFilemode': 'warn',
  'receive.fsck.badTimezone': 'warn',
  'receive.fsck.missingSpaceBeforeDate': 'warn',
  // Every push stays the pack it came as: checked while it streams, one flush to disk.
  'receive.unpackLimit': '1',
  'receive.denyNonFastForwards': 'false',
  // The default branch is what a session clones: it is replaced, never deleted.
  'receive.denyDeleteCurrent': 'true',
  // Housekeeping is asked for (`collectGarbage`), never left running behind an answered push.
  'receive.autogc': 'false',
  'gc.auto': '2000',
  'gc.autoDetach': 'false',
  'maintenance.auto': 'false',
  'uploadpack.allowFilter': 'true',
  'http.getanyfile': 'false',
  'http.uploadpack': 'true',
  'http.receivepack': 'true',
  // One push does not take the machine.
  'pack.threads': '2',
  'pack.windowMemory': '128m',
} as const;

export type GitSettings = Readonly<Record<string, string>>;

/**
 * The whole environment of a git process: nothing of the machine's or the user's configuration, no
 * prompt, and `settings` of the product with `more` after them. A key with several values is given
 * as `key`, `key#2`, ….
 */
export function gitEnvironment(more: GitSettings = {}): Record<string, string> {
  const all = Object.entries({ ...settings, ...more });
  const environment: Record<string, string> = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/nonexistent',
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(all.length),
  };
  for (const [index, [key, value]] of all.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key.replace(/#\d+$/, '');
    environment[`GIT_CONFIG_VALUE_${index}`] = value;
  }
  return environment;
}
