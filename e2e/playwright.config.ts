import { defineConfig, type PlaywrightTestConfig } from '@playwright/test';
import type { ProductOptions } from './src/product-test.ts';

type Projects = NonNullable<PlaywrightTestConfig<object, ProductOptions>['projects']>;

/** The same story on each engine; Debian's Chromium, since no browser can be downloaded. */
export default defineConfig<object, ProductOptions>({
  testDir: './src',
  outputDir: process.env.JOH_RESULTS ?? '../test-results/e2e',
  timeout: 240_000,
  expect: { timeout: 20_000 },
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['list'], ['json']] : [['list']],
  use: {
    actionTimeout: 20_000,
    viewport: { width: 1400, height: 900 },
    launchOptions: {
      executablePath: process.env.JOH_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
  },
  projects: chosen([
    {
      name: 'local',
      use: { engine: 'local' },
      testIgnore: /rack-faults|in-a-container|desktop\.spec/,
    },
    {
      name: 'desktop',
      use: { engine: 'desktop' },
      testMatch: /(life-of-a-session|desktop)\.spec\.ts/,
    },
    { name: 'faults', testMatch: /rack-faults\.spec\.ts/ },
    ...(['docker', 'cluster', 'swarm'] as const).map((engine) => ({
      name: engine,
      use: { engine },
      testMatch:
        engine === 'docker'
          ? /(life-of-a-session|boards-in-a-container|nix-in-a-container)\.spec\.ts/
          : /life-of-a-session\.spec\.ts/,
    })),
  ]),
});

/** `JOH_SUITE`: a suite of tools/test.js: `racks`, those that start Docker daemons, or `e2e`, the others; without it all of them. */
function chosen(projects: Projects): Projects {
  const suite = process.env.JOH_SUITE;
  const racks = ['docker', 'cluster', 'swarm', 'faults'];
  return projects.filter(({ name = '' }) => !suite || racks.includes(name) === (suite === 'racks'));
}
