/** code-server, the peer: VS Code's own server and page, from npm by name. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { type Child, root, startProgram } from '../child.ts';

const version = '4.139.1';
const installMs = 15 * 60_000;
const startMs = 60_000;

/** Its folder; installed once, beside the packages of npm. Its native modules are compiled against Node's own headers. */
export async function installCodeServer({ say }: BenchContext): Promise<string> {
  const folder = join(root, 'node_modules/.cache/joh', `code-server-${version}`);
  if (existsSync(folder)) return folder;
  say(`installing code-server ${version}: its native modules are compiled, which takes minutes`);
  const work = `${folder}.${process.pid}`;
  await mkdir(work, { recursive: true });
  try {
    await writeFile(join(work, 'package.json'), '{"private":true}');
    // Programs live in <prefix>/bin and headers in <prefix>/include.
    const headers = dirname(dirname(process.execPath));
    const { status, stderr } = spawnSync(
      'npm',
      // Its script brings VS Code's own packages; this project's setting refuses scripts.
      [
        ...['install', '--ignore-scripts=false', '--no-audit', '--no-fund'],
        ...['--loglevel=error', `code-server@${version}`],
      ],
      {
        cwd: work,
        encoding: 'utf8',
        timeout: installMs,
        env: { ...process.env, npm_config_nodedir: headers },
      },
    );
    if (status !== 0) throw new Error(`code-server could not be installed:\n${stderr}`);
    await rename(work, folder);
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

export interface CodeServer {
  process: Child;
  /** The page with a file of the folder open. */
  page(file: string): string;
}

/** Starts it on `folder`; `state` keeps its settings between starts. It asks nothing of the network. */
export async function startCodeServer(
  installed: string,
  options: {
    folder: string;
    state: string;
    port: number;
    environment: Record<string, string | undefined>;
  },
): Promise<CodeServer> {
  const { folder, state, port, environment } = options;
  const at = `127.0.0.1:${port}`;
  const child = await startProgram(
    process.execPath,
    [
      join(installed, 'node_modules/code-server/out/node/entry.js'),
      ...['--auth', 'none', '--bind-addr', at, '--disable-telemetry', '--disable-update-check'],
      ...['--disable-workspace-trust', '--disable-getting-started-override'],
      ...['--config', join(state, 'config.yaml'), '--user-data-dir', join(state, 'data')],
      ...['--extensions-dir', join(state, 'extensions'), folder],
    ],
    // An empty gallery: it would ask one on the internet for extensions.
    { ...environment, HOME: state, EXTENSIONS_GALLERY: '{"serviceUrl":""}' },
  );
  const isUp = () =>
    fetch(`http://${at}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await Promise.race([
    child.ended,
    waitFor(isUp, { deadlineMs: startMs, what: 'code-server listens' }),
  ]);
  return {
    process: child,
    page(file) {
      const open = JSON.stringify([['openFile', `vscode-remote://${at}${join(folder, file)}`]]);
      return `http://${at}/?${new URLSearchParams({ folder, payload: open })}`;
    },
  };
}
