/** Where `joh` finds FrontendMaster and keeps its sign-ins: one file, readable by its owner alone. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const kept = z.object({
  signIns: z.record(z.string(), z.object({ email: z.string(), token: z.string() })),
});

export interface Configuration {
  /** FrontendMaster's address, without a trailing slash. */
  url: string;
  /** The sign-in token for `url`, or null when signed out. */
  token: string | null;
  /** Keeps a sign-in for `url`; replaces an earlier one. Durable when it returns. */
  keep(email: string, token: string): void;
  /** Forgets the sign-in for `url`. */
  forget(): void;
}

/** Reads `JOH_URL` (default `http://127.0.0.1:8787`) and the folder `JOH_CONFIG` (default `~/.config/joh`). */
export function readConfiguration(environment: NodeJS.ProcessEnv): Configuration {
  const url = (environment.JOH_URL ?? 'http://127.0.0.1:8787').replace(/\/+$/, '');
  const base = environment.XDG_CONFIG_HOME ?? join(environment.HOME ?? '.', '.config');
  const folder = environment.JOH_CONFIG ?? join(base, 'joh');
  const file = join(folder, 'sign-ins.json');
  const { signIns } = readKept(file);
  const write = () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, `${JSON.stringify({ signIns }, null, 2)}\n`, {
      mode: 0o600,
      flush: true,
    });
    renameSync(`${file}.new`, file);
  };
  return {
    url,
    token: signIns[url]?.token ?? null,
    keep: (email, token) => {
      signIns[url] = { email, token };
      write();
    },
    forget: () => {
      delete signIns[url];
      write();
    },
  };
}

function readKept(file: string): z.infer<typeof kept> {
  try {
    return kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return { signIns: {} };
  }
}
