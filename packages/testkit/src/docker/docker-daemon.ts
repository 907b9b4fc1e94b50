/** A real dockerd over a containerd of its own, in a network namespace and with mounts of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { waitFor } from '../wait-for.ts';
import { debianBase } from './debian-base.ts';
import { askEngine } from './engine-request.ts';
import { entering } from './namespaces.ts';

export interface DockerDaemonOptions {
  /** Its own; made here. Short: it begins the paths of sockets. */
  folder: string;
  namespace: string;
  /** Parent of its containers' cgroups. */
  cgroup: string;
  /** Command line beyond what every one has. */
  flags: readonly string[];
}

export interface DockerDaemon {
  /** For the Engine API, without TLS. */
  readonly socketPath: string;
  /** Seen as /etc/docker by the daemon and by what `enter` runs. */
  readonly etc: string;
  /** Put before a command, to run it on the daemon's machine: its network and its /etc/docker. */
  readonly enter: string[];
  /** Imports the Debian base as an image and returns its name. */
  importBase(): Promise<string>;
  /** Stops the daemon's process in its tracks: it accepts connections and answers none. */
  freeze(): void;
  thaw(): void;
  /** Kills the daemon; without `--live-restore` its containers die when it comes back. */
  kill(): Promise<void>;
  /** Starts the daemon, and waits until it answers. */
  start(): Promise<void>;
}

const readyTimeoutMs = 60_000;

/** Starts containerd; `start` starts the daemon. Needs root and Debian's `docker.io`. */
export function createDockerDaemon(options: DockerDaemonOptions): DockerDaemon {
  for (const program of ['/usr/sbin/dockerd', '/usr/bin/containerd']) {
    if (!existsSync(program)) {
      throw new Error(`this test needs ${program}: apt-get install docker.io`);
    }
  }
  const at = (path: string) => join(options.folder, path);
  mkdirSync(at('etc'), { recursive: true });
  const socketPath = at('docker.sock');
  const containerd = startContainerd(options);
  const enter = ['nsenter', '-t', String(containerd.pid), '--mount', '--net'];
  let dockerd: ChildProcess | undefined;
  return {
    socketPath,
    etc: at('etc'),
    enter,
    async importBase() {
      const image = 'joh-debian:test';
      const [repository, tag] = image.split(':');
      const path = `/images/create?fromSrc=-&repo=${repository}&tag=${tag}`;
      await askEngine(socketPath, path, { method: 'POST', body: createReadStream(debianBase()) });
      return image;
    },
    freeze: () => void dockerd?.kill('SIGSTOP'),
    thaw: () => void dockerd?.kill('SIGCONT'),
    async kill() {
      const gone = exited(dockerd);
      dockerd?.kill('SIGKILL');
      await gone;
    },
    async start() {
      if (isAlive(dockerd)) throw new Error('this daemon runs already');
      await waitFor(() => existsSync(at('containerd.sock')), { deadlineMs: readyTimeoutMs });
      rmSync(at('docker.pid'), { force: true });
      dockerd = startDockerd(options, enter);
      const answers = async () =>
        isAlive(dockerd) ? askEngine(socketPath, '/_ping') : 'it has ended';
      const answer = await waitFor(answers, { deadlineMs: readyTimeoutMs }).catch(String);
      if (answer !== 'OK') throw new Error(`dockerd: ${answer}\n${tail(at('dockerd.log'))}`);
    },
  };
}

/** containerd by itself, so that it survives the daemon's end as it does under systemd. */
function startContainerd({ folder, namespace }: DockerDaemonOptions): ChildProcess {
  const configuration = join(folder, 'containerd.toml');
  const line = (key: string, path: string) => `${key}="${join(folder, path)}"\n`;
  writeFileSync(
    configuration,
    `version=2\n${line('root', 'containerd')}${line('state', 'containerd-state')}` +
      `disabled_plugins=["io.containerd.grpc.v1.cri"]\n[grpc]\n${line('address', 'containerd.sock')}`,
  );
  // Mounts of its own, so that none outlives it: /etc/docker holds the daemon's identity, and shims
  // put their sockets into /run/containerd.
  const script = `mkdir -p /etc/docker /run/containerd && mount --bind "$1" /etc/docker &&
    mount -t tmpfs tmpfs /run/containerd && exec /usr/bin/containerd -c "$2"`;
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  const parameters = [join(folder, 'etc'), configuration];
  return run(
    [...entering(namespace), ...unshare, 'sh', '-c', script, 'sh', ...parameters],
    join(folder, 'containerd.log'),
  );
}

/** In containerd's namespaces: with mounts of its own, containers would start with an empty root. */
function startDockerd({ folder, cgroup, flags }: DockerDaemonOptions, enter: string[]) {
  const at = (path: string) => join(folder, path);
  const all = [
    ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('docker.pid')],
    ...['--host', `unix://${at('docker.sock')}`, '--containerd', at('containerd.sock')],
    ...['--cgroup-parent', `/${cgroup}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['--storage-driver', 'overlay2', ...flags],
  ];
  return run([...enter, '/usr/sbin/dockerd', ...all], at('dockerd.log'));
}

function run([program = '', ...parameters]: string[], log: string): ChildProcess {
  const file = openSync(log, 'a');
  const child = spawn(program, parameters, { stdio: ['ignore', file, file], detached: true });
  closeSync(file);
  child.on('error', () => undefined);
  child.unref();
  return child;
}

function isAlive(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

function exited(child: ChildProcess | undefined): Promise<void> {
  if (!isAlive(child)) return Promise.resolve();
  child.ref();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-1_500) : '';
}
