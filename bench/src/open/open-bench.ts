import type { Bench, Figure } from '../bench.ts';
import { median, percentile } from '../statistics.ts';
import { startBrowser } from './browser.ts';
import { type Opening, openOnce, type Stage, stages } from './opening.ts';
import { startProduct } from './product.ts';

const samples = 5;
/** A browser compiles a script once more before it keeps the compiled form: the third opening is warm. */
const warmUps = 3;

const meanings: Record<Stage, string> = {
  'open page': 'the page between answered',
  'session asked': 'its script asked for the session',
  'session claimed': 'a warm container is the session’s (POST answered)',
  'ide asked': 'the IDE’s page is asked for; the session is prepared meanwhile',
  'joh-session': 'the IDE knows that the session is ready',
  'joh-code': 'its code is loaded',
  'joh-first-file': 'the first file is known',
  'joh-services': 'the workbench’s services are loaded',
  'joh-initialized': 'the workbench is initialized',
  'joh-workbench': 'the workbench shows',
  'editable text': 'text of a file shows and takes keys',
  prompt: 'a prompt shows in the terminal',
  'joh-ready': 'every feature is there',
};

export const openBench: Bench = {
  name: 'open',
  summary: 'From a click on a project to editable text and a prompt, in Chromium.',
  async run(context) {
    const { say } = context;
    const product = await startProduct(context);
    await product.client.projects.create({ name: 'blinky', template: 'icebreaker-blinky' });
    say(`${samples} openings with an empty cache`);
    const empty: Opening[] = [];
    for (let at = 0; at < samples; at += 1) {
      const browser = await startBrowser(context, product);
      empty.push(await openOnce(product, browser));
      await browser.close();
    }
    say(`${samples} openings with a warm cache`);
    const warm: Opening[] = [];
    const browser = await startBrowser(context, product);
    for (let at = -warmUps; at < samples; at += 1) {
      const opening = await openOnce(product, browser);
      if (at >= 0) warm.push(opening);
    }
    await browser.close();
    const of = (some: readonly Opening[], stage: Stage) =>
      some.flatMap((one) => (one[stage] === undefined ? [] : [one[stage]]));
    const cell = (some: readonly Opening[], stage: Stage, share: number) => {
      const values = of(some, stage);
      return values.length > 0 ? percentile(values, share) : '–';
    };
    const figure = (name: string, some: readonly Opening[], stage: Stage): Figure => ({
      ...{ name, unit: 'ms', value: median(of(some, stage)) },
    });
    return {
      tables: [
        {
          title: `Milliseconds since the click (${samples} openings each)`,
          columns: ['until', 'warm p50', 'warm max', 'empty p50', 'empty max', 'which is when'],
          rows: stages.map((stage) => [
            stage,
            cell(warm, stage, 0.5),
            cell(warm, stage, 1),
            cell(empty, stage, 0.5),
            cell(empty, stage, 1),
            meanings[stage],
          ]),
        },
      ],
      figures: [
        figure('open_to_text_warm', warm, 'editable text'),
        figure('open_to_prompt_warm', warm, 'prompt'),
        figure('open_to_text_empty', empty, 'editable text'),
        figure('open_to_prompt_empty', empty, 'prompt'),
      ],
      notes: [
        'Closed loop: one opening at a time, each of a session of its own on a warm container; the one before is closed and a container is warm again before the click.',
        'Empty cache: a new browser profile, which has loaded the list of projects and nothing else. Warm: the same profile, after three openings that do not count.',
        'Real: FrontendMaster, local engine, agent, repository, Chromium; nothing is simulated. Browser and server share the machine and its loopback network.',
        'After each opening a character is typed into the text and must show.',
      ],
    };
  },
};
