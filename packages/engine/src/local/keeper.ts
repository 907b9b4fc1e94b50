/** The first process of a local container: does for agent and pty host what s6 does in the image. */
import { mark } from './mark.ts';
import type { Places } from './places.ts';

/** Exit code of a keeper whose agent would not stay up (EX_TEMPFAIL, sysexits.h). */
export const gaveUp = 75;

/** The agent's own exit code for: FrontendMaster does not know this container any more. */
export const refused = 3;

/**
 * A shell, because it idles in 1 MB where another Node would take 40. Starts both programs again a
 * second after they end, as s6 does; five quick ends in a row and it gives up, with a word in the log.
 */
const script = `
keep() {
  failures=0
  while :; do
    began=$(date +%s)
    "$node" "$agent/$1.js"
    code=$?
    [ $(($(date +%s) - began)) -ge 10 ] && failures=0
    failures=$((failures + 1))
    echo "$1 ended with code $code" >&2
    [ $code = ${refused} ] && exit ${refused}
    [ $failures -ge 5 ] && echo "$1 does not stay up" >&2 && exit ${gaveUp}
    sleep 1
  done
}
node=$1 agent=$2
keep pty-host &
keep agent
`;

export interface KeeperOptions {
  places: Places;
  /** Node 24's binary. */
  node: string;
  /** Folder with `agent.js` and `pty-host.js`. */
  agent: string;
  /** The FM process's own environment, of which little is passed on. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** The command line of a keeper. No secret in it: every user of the machine can read it. */
export function keeperCommand({ node, agent }: KeeperOptions): [string, ...string[]] {
  return ['/bin/sh', '-c', script, 'joh-container', node, agent];
}

/** What FM's own environment may pass on: nothing that could hold a secret of FM. */
const passed = /^(PATH|LANG|LC_\w+|TZ|USER|LOGNAME|SHELL|NIX_\w+|SSL_CERT_\w+|(https?|no)_proxy)$/i;

/** The environment of a keeper and of all it starts. The boot token is not in it. */
export function keeperEnvironment(
  { places, environment }: KeeperOptions,
  spec: { id: string; resources: { cores: number; memoryBytes: number } },
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const { JOH_BOOT_TOKEN: _, ...rest } = given;
  const base = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passed.test(entry[0]),
  );
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...Object.fromEntries(base),
    ...rest,
    [mark]: spec.id,
    HOME: places.home,
    JOH_BOOT_TOKEN_FILE: places.bootToken,
    JOH_WORK: places.work,
    JOH_RUN: places.run,
    JOH_PTY_HOST: places.ptyHost,
  };
}
