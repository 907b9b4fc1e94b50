import { join } from 'node:path';
import { waitFor } from '@joh/testkit';
import { chromium } from 'playwright-core';
import type { BenchContext } from '../bench.ts';
import { requireProgram } from '../child.ts';
import { startCodeServer } from './code-server.ts';
import { memoryOfFamily } from './family.ts';
import { isEditable, lookEveryMs, type Start, settle, startDeadlineMs } from './start.ts';

/** Of no process, in the peer's family. */
const nobody = /^$/;

/**
 * One start of code-server and of a Chromium with a window for it, side by side. `place` keeps the profile
 * and the settings of both between starts.
 */
export async function startPeer(
  { clock }: BenchContext,
  options: {
    installed: string;
    place: string;
    folder: string;
    port: number;
    screen: Record<string, string>;
  },
): Promise<Start> {
  const { installed, place, folder, port } = options;
  const environment = { ...process.env, ...options.screen, JOH_BENCH_PLACE: place };
  const began = clock.monotonic();
  const [server, browser] = await Promise.all([
    startCodeServer(installed, { folder, state: place, port, environment }),
    chromium.launchPersistentContext(join(place, 'profile'), {
      executablePath: process.env.JOH_CHROMIUM ?? requireProgram('chromium', 'chromium'),
      headless: false,
      viewport: null,
      env: environment,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    }),
  ]);
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(server.page('src/top.v'), { waitUntil: 'commit' });
    const look = `(() => {${isEditable}})()`;
    await waitFor(() => page.evaluate<boolean>(look).catch(() => false), {
      ...{ deadlineMs: startDeadlineMs, everyMs: lookEveryMs },
      what: 'text shows in code-server',
    });
    const textMs = clock.monotonic() - began;
    await settle();
    return { textMs, memory: memoryOfFamily(place, nobody) };
  } finally {
    await browser.close();
    await server.process.end();
  }
}
