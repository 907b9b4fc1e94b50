import { cp, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { homeIn, startDisplay } from '@joh/desktop/driving';
import { temporaryFolder } from '@joh/testkit';
import type { Bench, BenchContext } from '../bench.ts';
import { root } from '../child.ts';
import { median, percentile } from '../statistics.ts';
import { startApplication } from './application.ts';
import { installCodeServer } from './code-server.ts';
import { unpackPackage } from './package.ts';
import { startPeer } from './peer.ts';
import type { Start } from './start.ts';

const samples = 5;
/** The first fills caches of compiled scripts, the second uses them and keeps the compiled form. */
const warmUps = 2;

export const desktopBench: Bench = {
  name: 'desktop',
  summary: 'The desktop application against code-server in Chromium: start to text, memory, size.',
  async run(context) {
    const { cleanUp } = context;
    const installed = await installCodeServer(context);
    const display = await startDisplay('1400x900');
    cleanUp(display.stop);
    const place = await temporaryFolder('joh-bench-desktop');
    cleanUp(place.remove);
    const [shipped, own, peerPlace] = ['package', 'application', 'peer'].map((name) =>
      join(place.path, name),
    ) as [string, string, string];
    for (const path of [shipped, own, peerPlace]) await mkdir(path);
    const { program, bytes } = unpackPackage(context, shipped);
    const folder = join(place.path, 'blinky');
    await cp(join(root, 'templates/icebreaker-blinky/files'), folder, { recursive: true });
    const home = homeIn(own, display);
    const port = await freePort();
    const peer = () =>
      startPeer(context, {
        ...{ installed, folder, port, place: peerPlace, screen: { ...display.environment } },
      });
    const ours = await several(context, 'the application', () =>
      startApplication(home, { program, folder }),
    );
    const theirs = await several(context, 'code-server', peer);
    return outcomeOf(ours, theirs, bytes / 1e6);
  },
};

async function several({ say }: BenchContext, name: string, start: () => Promise<Start>) {
  const starts: Start[] = [];
  for (let at = -warmUps; at < samples; at += 1) {
    say(`${name}: start ${at + warmUps + 1} of ${warmUps + samples}`);
    const one = await start();
    if (at >= 0) starts.push(one);
  }
  return starts;
}

function outcomeOf(ours: readonly Start[], theirs: readonly Start[], debMb: number) {
  const of = (starts: readonly Start[], value: (start: Start) => number) => starts.map(value);
  const text = ({ textMs }: Start) => textMs;
  const row = (name: string, starts: readonly Start[]) => [
    name,
    median(of(starts, text)),
    percentile(of(starts, text), 1),
    median(of(starts, ({ memory }) => memory.rss)),
    median(of(starts, ({ memory }) => memory.pss)),
    median(of(starts, ({ memory }) => memory.processes)),
  ];
  const against = (name: string, unit: string, value: (start: Start) => number) => ({
    ...{ name, unit, value: median(of(ours, value)) },
    ...{ peer: 'code-server in Chromium', peerValue: median(of(theirs, value)) },
  });
  return {
    tables: [
      {
        title: `Warm starts on the same folder (${samples} each)`,
        columns: ['', 'text p50 ms', 'text max ms', 'RSS MiB', 'PSS MiB', 'processes'],
        rows: [row('the application', ours), row('code-server in Chromium', theirs)],
      },
      {
        title: 'Where the time of the application goes, p50 ms',
        columns: ['part', 'ms'],
        rows: Object.keys(ours.at(-1)?.stages ?? {}).map((name): [string, number] => [
          name,
          median(of(ours, ({ stages }) => stages?.[name] ?? 0)),
        ]),
      },
      {
        title: 'RSS by program in the last start, MiB',
        columns: ['of', 'program', 'RSS'],
        rows: [...programsOf('the application', ours), ...programsOf('code-server', theirs)],
      },
    ],
    figures: [
      against('start_to_text', 'ms', text),
      against('rss', 'MiB', ({ memory }) => memory.rss),
      against('pss', 'MiB', ({ memory }) => memory.pss),
      { name: 'package', unit: 'MB', value: debMb },
    ],
    notes: [
      'Closed loop: one start at a time; every process has ended before the next. Both have had two starts that do not count.',
      'Text: from the first process until a line of a file shows and its editor takes keys, looked for every 20 ms. code-server and its Chromium start side by side, and the page is asked for when the server listens.',
      'Memory: all processes of each, 6 s after the text; the application with a language server and a terminal, code-server with its extension host.',
      'Real: both on one virtual screen without a graphics card; nothing is simulated. The application is the release build that the package holds, on its real agent.',
      'code-server has no extension and an empty gallery; telemetry and the check for updates are off in it.',
    ],
  };
}

function programsOf(name: string, starts: readonly Start[]): [string, string, number][] {
  return (starts.at(-1)?.memory.byProgram ?? []).map(([program, rss]) => [name, program, rss]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
