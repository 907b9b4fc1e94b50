/** The desktop's agent as a process, and the test in place of the shell that starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  agentLine,
  type DesktopReply,
  type DesktopRequest,
  desktopPages,
  type ShellLine,
} from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { root } from './root.ts';

export interface DesktopAgent {
  port: number;
  secret: string;
  /** What the shell opens in a window: the page at `/`, with the secret in its fragment. */
  url: string;
  /** What pages wanted of the shell. */
  requests: readonly DesktopRequest[];
  say(line: ShellLine): void;
  /** As the shell ends it: pages keep what they have, then the input ends. Nothing of it stays. */
  quit(): Promise<void>;
  /** As a crash would. */
  kill(): Promise<void>;
}

interface Options {
  data: string;
  folder?: string;
  /** The same port again, as a shell would ask for. */
  port?: number;
  environment?: Record<string, string>;
  /** Where newer versions are told of. */
  updates?: { url: string; key: string };
  /** What the shell answers; default: done. */
  reply?(request: DesktopRequest): Omit<DesktopReply, 'id'>;
}

export async function startDesktopAgent(options: Options): Promise<DesktopAgent> {
  const secret = randomBytes(32).toString('hex');
  const child = spawn(process.execPath, [join(root, 'apps/agent/dist/desktop.js')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.environment },
  });
  const ended = once(child, 'exit');
  const requests: DesktopRequest[] = [];
  const say = (line: ShellLine) => void child.stdin.write(`${JSON.stringify(line)}\n`);
  let isClosed = false;
  const ready = Promise.withResolvers<number>();
  createInterface(child.stdout).on('line', (text) => {
    const line = agentLine.parse(JSON.parse(text));
    if ('failed' in line) ready.reject(new Error(line.failed.message));
    if ('closed' in line) isClosed = true;
    if ('request' in line) {
      requests.push(line.request);
      say({ reply: { id: line.request.id, ...options.reply?.(line.request) } });
    }
    if ('ready' in line) {
      const { port, proof } = line.ready;
      const wanted = createHmac('sha256', secret).update(`port:${port}`).digest('hex');
      if (proof === wanted) ready.resolve(port);
      else ready.reject(new Error('the proof of the port is wrong'));
    }
  });
  child.on('exit', (code) => ready.reject(new Error(`the agent ended with ${code}`)));
  const { data, folder = null, port: wish = 0, updates } = options;
  const start = { secret, data, ide: join(root, 'apps/ide/dist'), port: wish, folder, updates };
  child.stdin.write(`${JSON.stringify(start)}\n`);
  const port = await ready.promise;
  return {
    port,
    secret,
    url: `http://127.0.0.1:${port}${desktopPages.first}#t=${secret}`,
    requests,
    say,
    quit: async () => {
      say({ closing: { page: null } });
      await waitFor(() => isClosed, { deadlineMs: 10_000, what: 'pages kept what they have' });
      child.stdin.end();
      await ended;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
      killQuietly(child);
    },
  };
}

function killQuietly(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
}
