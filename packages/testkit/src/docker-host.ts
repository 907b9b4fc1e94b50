/**
 * A real Docker daemon of a test's own: data, sockets, network namespace, mounts and cgroups apart from
 * whatever else the machine runs, and removed without a trace by process id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianBase } from './docker-base.ts';
import { createDockerNetwork, type DockerNetwork } from './docker-network.ts';
import { waitFor } from './wait-for.ts';

export interface DockerHost {
  /** For the Engine API, without TLS. */
  readonly socketPath: string;
  readonly network: Omit<DockerNetwork, 'remove'>;
  /** Imports the Debian base as an image and returns its name. */
  importBase(): Promise<string>;
  /** Stops the daemon's process in its tracks: it accepts connections and answers none. */
  freeze(): void;
  thaw(): void;
  /** Kills the daemon; containers live on. */
  kill(): Promise<void>;
  /** Starts the daemon again after `kill`. */
  start(): Promise<void>;
  /** Ends everything and removes it. */
  remove(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const goneTimeoutMs = 30_000;

/** Starts one. Needs root, and Debian's `docker.io` and `iproute2`. */
export async function startDockerHost(): Promise<DockerHost> {
  if (process.getuid?.() !== 0) throw new Error('this test starts a Docker daemon: run it as root');
  for (const program of ['/usr/sbin/dockerd', '/usr/bin/containerd']) {
    if (!existsSync(program)) {
      throw new Error(`this test needs ${program}: apt-get install docker.io`);
    }
  }
  const number = process.pid + hosts++;
  const name = `johd${number}`;
  const folder = mkdtempSync(join(tmpdir(), 'joh-docker-'));
  const network = createDockerNetwork(name, number);
  const socketPath = join(folder, 'docker.sock');
  const containerd = startContainerd(folder, network);
  let dockerd: ChildProcess | undefined;
  const abandon = () => {
    for (const child of [dockerd, containerd]) child?.kill('SIGKILL');
  };
  process.once('exit', abandon);

  const start = async () => {
    await waitFor(() => existsSync(join(folder, 'containerd.sock')), {
      deadlineMs: readyTimeoutMs,
    });
    rmSync(join(folder, 'docker.pid'), { force: true });
    dockerd = startDockerd(folder, name, containerd.pid ?? 0);
    await waitFor(() => (alive(dockerd) ? ask(socketPath, 'GET', '/_ping') : null), {
      deadlineMs: readyTimeoutMs,
      what: `dockerd answers; ${tail(join(folder, 'dockerd.log'))}`,
    }).catch((error: unknown) => {
      throw new Error(`dockerd: ${tail(join(folder, 'dockerd.log'))}`, { cause: error });
    });
  };
  const remove = async () => {
    process.off('exit', abandon);
    dockerd?.kill('SIGCONT');
    if (alive(dockerd)) await removeContainers(socketPath).catch(() => undefined);
    await end(dockerd);
    await end(containerd);
    for (const pid of shims(folder)) process.kill(pid, 'SIGKILL');
    await waitFor(() => shims(folder).length === 0, { deadlineMs: goneTimeoutMs });
    network.remove();
    removeGroups(name);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await start();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    socketPath,
    network,
    async importBase() {
      const image = 'joh-debian:test';
      const path = `/images/create?fromSrc=-&repo=${image.replace(':', '&tag=')}`;
      await ask(socketPath, 'POST', path, createReadStream(debianBase()));
      return image;
    },
    freeze: () => void dockerd?.kill('SIGSTOP'),
    thaw: () => void dockerd?.kill('SIGCONT'),
    async kill() {
      const gone = exited(dockerd);
      dockerd?.kill('SIGKILL');
      await gone;
    },
    start,
    remove,
  };
}

let hosts = 0;

/** containerd by itself, so that it survives the daemon's end as it does under systemd. */
function startContainerd(folder: string, network: DockerNetwork): ChildProcess {
  const configuration = join(folder, 'containerd.toml');
  const etc = join(folder, 'etc');
  mkdirSync(etc);
  const line = (key: string, path: string) => `${key}="${join(folder, path)}"\n`;
  writeFileSync(
    configuration,
    `version=2\n${line('root', 'containerd')}${line('state', 'containerd-state')}` +
      `disabled_plugins=["io.containerd.grpc.v1.cri"]\n[grpc]\n${line('address', 'containerd.sock')}`,
  );
  // Mounts of its own, so that none outlives it; /etc/docker holds the daemon's identity.
  const script =
    'mkdir -p /etc/docker && mount --bind "$1" /etc/docker && exec /usr/bin/containerd -c "$2"';
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  const command = [...network.enter, ...unshare, 'sh', '-c', script, 'sh', etc, configuration];
  return run(command, join(folder, 'containerd.log'));
}

/** In containerd's namespaces: with mounts of its own, containers would start with an empty root. */
function startDockerd(folder: string, name: string, containerd: number): ChildProcess {
  const enter = ['nsenter', '-t', String(containerd), '--mount', '--net'];
  const at = (path: string) => join(folder, path);
  const flags = [
    ...['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('docker.pid')],
    ...['--host', `unix://${at('docker.sock')}`, '--containerd', at('containerd.sock')],
    ...['--cgroup-parent', `/${name}`, '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['--storage-driver', 'overlay2', '--live-restore', '--bridge', 'none'],
  ];
  return run([...enter, '/usr/sbin/dockerd', ...flags], at('dockerd.log'));
}

function run([program = '', ...parameters]: string[], log: string): ChildProcess {
  const file = openSync(log, 'a');
  const child = spawn(program, parameters, { stdio: ['ignore', file, file], detached: true });
  child.on('error', () => undefined);
  child.unref();
  return child;
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: NodeJS.ReadableStream,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const asked = request({ socketPath, method, path, timeout: readyTimeoutMs }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    answer.on('end', () => {
      const { statusCode = 0 } = answer;
      if (statusCode < 300) resolve(text || 'OK');
      else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
    });
  });
  asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
  if (body) body.on('error', reject).pipe(asked);
  else asked.end();
  return promise;
}

async function removeContainers(socketPath: string): Promise<void> {
  const all = JSON.parse(await ask(socketPath, 'GET', '/containers/json?all=1')) as {
    Id: string;
  }[];
  const remove = ({ Id }: { Id: string }) =>
    ask(socketPath, 'DELETE', `/containers/${Id}?force=1&v=1`);
  await Promise.all(all.map(remove));
}

function alive(child: ChildProcess | undefined): child is ChildProcess {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

function exited(child: ChildProcess | undefined): Promise<void> {
  if (!alive(child)) return Promise.resolve();
  child.ref();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!alive(child)) return;
  const gone = exited(child);
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), goneTimeoutMs);
  await gone;
  clearTimeout(late);
}

/** Shims of this containerd, and containers' processes they hold: they name its folder. */
function shims(folder: string): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => {
      try {
        const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
        return line.includes('containerd-shim') && line.includes(`${folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** dockerd leaves the parents of its containers' cgroups (v1: one a controller; v2: one). */
function removeGroups(name: string): void {
  const root = '/sys/fs/cgroup';
  const places = [root, ...readdirSync(root).map((controller) => join(root, controller))];
  for (const place of places) {
    const group = join(place, name);
    if (existsSync(group)) rmdirSync(group);
  }
}

function tail(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-1_500) : '';
}
