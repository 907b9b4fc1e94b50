/** `joh` as a person with a terminal runs it. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './root.ts';

export interface Joh {
  /** Runs it to its end; `input` is its standard input. */
  run(args: readonly string[], input?: string): Promise<JohEnd>;
  /** Forgets the sign-ins. */
  remove(): Promise<void>;
}

interface JohEnd {
  code: number | null;
  /** Standard output and standard error. */
  output: string;
  errors: string;
}

/** Makes one with a configuration folder of its own. */
export async function createJoh(url: string): Promise<Joh> {
  const folder = await mkdtemp(join(tmpdir(), 'joh-cli-'));
  const main = join(root, 'apps/cli/src/main.ts');
  const flags = ['--disable-warning=ExperimentalWarning', main];
  return {
    run: (args, input = '') =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [...flags, ...args], {
          env: { ...process.env, JOH_URL: url, JOH_CONFIG: folder },
        });
        const heard = { output: '', errors: '' };
        child.stdout.on('data', (data) => {
          heard.output += data;
        });
        child.stderr.on('data', (data) => {
          heard.errors += data;
        });
        child.on('error', reject);
        child.on('close', (code) => resolve({ code, ...heard }));
        child.stdin.on('error', () => undefined);
        child.stdin.end(input);
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
