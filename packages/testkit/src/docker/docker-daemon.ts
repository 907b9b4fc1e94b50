/** A real dockerd over a containerd of its own, on what is a machine to both: own network, own mounts. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../wait-for.ts';
import { debianBase } from './debian-base.ts';
import { askEngine } from './engine-request.ts';
import { entering } from './namespaces.ts';
import { isRunning } from './traces.ts';

export interface DockerDaemonOptions {
  /** Its own; made here. Short: it begins the paths of sockets. */
  folder: string;
  namespace: string;
  /** The machine's name. Default: the one it runs on. */
  hostname?: string;
  /** Parent of its containers' cgroups. */
  cgroup: string;
  /** Command line beyond what every one has. */
  flags: readonly string[];
}

export interface DockerDaemon {
  /** For the Engine API, without TLS; on its machine it is /var/run/docker.sock. */
  readonly socketPath: string;
  /** On its machine it is /etc/docker. */
  readonly etc: string;
  /**
   * Put before a command, to run it on the daemon's machine: its network, and its own /etc/docker, /run
   * and /usr/local/sbin.
   */
  readonly enter: string[];
  /** For a shell on its machine: restarts the daemon, as `systemctl restart docker` would. */
  readonly restartCommand: string;
  /** Imports the Debian base as an image and returns its name. */
  importBase(): Promise<string>;
  /** Stops the daemon's process in its tracks: it accepts connections and answers none. */
  freeze(): void;
  thaw(): void;
  /** Kills the daemon; without live-restore its containers die when it comes back. */
  kill(): Promise<void>;
  /** Starts the daemon, and waits until it answers. */
  start(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const killTimeoutMs = 10_000;
/** Folders that are the machine's own; `run` holds the socket. */
const own = { etc: '/etc/docker', run: '/run', sbin: '/usr/local/sbin' } as const;

/** Starts containerd; `start` starts the daemon. Needs root and Debian's `docker.io`. */
export function createDockerDaemon(options: DockerDaemonOptions): DockerDaemon {
  for (const program of ['/usr/sbin/dockerd', '/usr/bin/containerd']) {
    if (!existsSync(program)) {
      throw new Error(`this test needs ${program}: apt-get install docker.io`);
    }
  }
  const at = (path: string) => join(options.folder, path);
  for (const name of Object.keys(own)) mkdirSync(at(name), { recursive: true });
  writeScripts(options);
  const socketPath = at('run/docker.sock');
  const containerd = startContainerd(options);
  const enter = ['nsenter', '-t', String(containerd.pid), '--mount', '--uts', '--net'];
  // By number, because a restart is not this process's child.
  const pid = () => Number(existsSync(at('docker.pid')) && readFileSync(at('docker.pid'), 'utf8'));
  const send = (signal: NodeJS.Signals) => void (isRunning(pid()) && process.kill(pid(), signal));
  return {
    socketPath,
    etc: at('etc'),
    enter,
    restartCommand: `sh ${at('restart.sh')}`,
    async importBase() {
      const image = 'joh-debian:test';
      const [repository, tag] = image.split(':');
      const path = `/images/create?fromSrc=-&repo=${repository}&tag=${tag}`;
      await askEngine(socketPath, path, { method: 'POST', body: createReadStream(debianBase()) });
      return image;
    },
    freeze: () => send('SIGSTOP'),
    thaw: () => send('SIGCONT'),
    async kill() {
      send('SIGKILL');
      await waitFor(() => !isRunning(pid()), { deadlineMs: killTimeoutMs });
    },
    async start() {
      if (isRunning(pid())) throw new Error('this daemon runs already');
      await waitFor(() => existsSync(at('containerd.sock')), { deadlineMs: readyTimeoutMs });
      const dockerd = run([...enter, 'sh', at('start.sh')], at('dockerd.log'));
      const answers = async () =>
        isAlive(dockerd) ? askEngine(socketPath, '/_ping') : 'it has ended';
      const answer = await waitFor(answers, { deadlineMs: readyTimeoutMs }).catch(String);
      if (answer !== 'OK') throw new Error(`dockerd: ${answer}\n${tail(at('dockerd.log'))}`);
    },
  };
}

/** What starts and restarts the daemon, for this process and for a shell on its machine. */
function writeScripts({ folder, cgroup, flags }: DockerDaemonOptions): void {
  const at = (path: string) => join(folder, path);
  const all = [
    ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('docker.pid')],
    ...['--containerd', at('containerd.sock'), '--storage-driver', 'overlay2'],
    ...['--cgroup-parent', `/${cgroup}`, '--exec-opt', 'native.cgroupdriver=cgroupfs', ...flags],
  ];
  writeFileSync(
    at('start.sh'),
    `rm -f ${at('docker.pid')}\nexec /usr/sbin/dockerd ${all.join(' ')} >>${at('dockerd.log')} 2>&1\n`,
  );
  writeFileSync(
    at('restart.sh'),
    `pid=$(cat ${at('docker.pid')}); kill -TERM "$pid"
while grep -q '^State:.[^ZX]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
setsid sh ${at('start.sh')} </dev/null >/dev/null 2>&1 &\n`,
  );
}

/** containerd by itself, so that it survives the daemon's end as it does under systemd. */
function startContainerd({ folder, namespace, hostname }: DockerDaemonOptions): ChildProcess {
  const configuration = join(folder, 'containerd.toml');
  const line = (key: string, path: string) => `${key}="${join(folder, path)}"\n`;
  writeFileSync(
    configuration,
    `version=2\n${line('root', 'containerd')}${line('state', 'containerd-state')}` +
      `disabled_plugins=["io.containerd.grpc.v1.cri"]\n[grpc]\n${line('address', 'containerd.sock')}`,
  );
  const mounts = Object.entries(own).map(([name, place]) => {
    return `mkdir -p ${place} && mount --bind ${join(folder, name)} ${place} && `;
  });
  const named = hostname ? `hostname ${hostname} && ` : '';
  // dockerd joins these mounts: with other ones, containers would start with an empty root.
  const script = `${named}${mounts.join('')}exec /usr/bin/containerd -c "$1"`;
  const unshare = ['unshare', '--uts', '--mount', '--propagation', 'private'];
  return run(
    [...entering(namespace), ...unshare, 'sh', '-c', script, 'sh', configuration],
    join(folder, 'containerd.log'),
  );
}

function run([program = '', ...parameters]: string[], log: string): ChildProcess {
  const file = openSync(log, 'a');
  const child = spawn(program, parameters, { stdio: ['ignore', file, file], detached: true });
  closeSync(file);
  child.on('error', () => undefined);
  child.unref();
  return child;
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-1_500) : '';
}
