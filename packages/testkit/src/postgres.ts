import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real PostgreSQL of its own, on a Unix socket in a temporary folder. */
export interface Postgres {
  /** For `DATABASE_URL`: one fresh, empty database a call. */
  createDatabase(): string;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** Debian's place; the newest version found is used. */
const installation = '/usr/lib/postgresql';
const startDeadlineMs = 60_000;

/**
 * Starts PostgreSQL as an unprivileged user (it refuses root): the package's own `postgres` when the
 * test runs as root, else whoever runs the test.
 * @throws when Debian's `postgresql` package is not installed.
 */
export async function startPostgres(): Promise<Postgres> {
  const bin = binaries();
  const owner = unprivileged();
  const folder = mkdtempSync(join(tmpdir(), 'joh-postgres-'));
  chmodSync(folder, 0o700);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const run = (program: string, args: string[]) => {
    const done = spawnSync(join(bin, program), args, { cwd: folder, encoding: 'utf8', ...owner });
    if (done.status !== 0) throw new Error(`${program} failed: ${done.stderr}`);
  };
  run('initdb', ['-D', data, '-U', 'joh', '--auth=trust', '--no-sync', '-E', 'UTF8']);
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'max_connections=60'],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], ...owner },
  );
  const gone = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  await ready(server.stderr, gone);
  let databases = 0;
  return {
    createDatabase() {
      databases += 1;
      run('createdb', ['-h', folder, '-U', 'joh', `joh${databases}`]);
      return `postgres://joh@localhost/joh${databases}?host=${encodeURIComponent(folder)}`;
    },
    async stop() {
      // "Fast shutdown": ends connections and the server.
      server.kill('SIGINT');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function binaries(): string {
  try {
    const newest = readdirSync(installation).sort((a, b) => Number(b) - Number(a))[0];
    if (newest) return join(installation, newest, 'bin');
  } catch {
    // Told below.
  }
  throw new Error(`this test needs PostgreSQL in ${installation}: apt-get install postgresql`);
}

function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string) =>
    Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim());
  return { uid: number('-u'), gid: number('-g') };
}

function ready(log: NodeJS.ReadableStream, gone: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => reject(new Error(`PostgreSQL is late: ${text}`)),
      startDeadlineMs,
    );
    const end = (error?: Error) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve();
    };
    log.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-10_000);
      if (text.includes('ready to accept connections')) end();
    });
    void gone.then(() => end(new Error(`PostgreSQL ended: ${text}`)));
  });
}
