/** A build's events as lines for people. Pure. */
import type { BuildEvent } from '@joh/protocol';

export interface BuildLog {
  lines(event: BuildEvent): string[];
}

interface Stage {
  message: string;
  /** The last lines of its log, as long as they are folded. */
  tail: string[];
}

/** Of a derivation that failed, enough to see why. */
const tailLines = 40;

/**
 * Stages that go on side by side are folded: a line when one begins and when it ends, and the end of its
 * log if it failed. With `isWhole` their logs come line by line, each after its stage's name.
 */
export function createBuildLog({ isWhole }: { isWhole: boolean }): BuildLog {
  const parallel = new Map<string, Stage>();
  let counts = '';
  const begin = (id: string, message: string): string[] => {
    const known = parallel.get(id);
    if (known) known.message = message.replace(/ \(.*\)$/, '');
    else parallel.set(id, { message, tail: [] });
    return known ? [] : [`== ${message}${counts}`];
  };
  return {
    lines: (event) => {
      switch (event.type) {
        case 'stage':
          if (event.isParallel) return begin(event.stage, event.message);
          return [`== ${event.message}`];
        case 'log': {
          const text = event.text.trimEnd();
          const stage = parallel.get(event.stage);
          if (!stage) return [text];
          if (isWhole) return [`${stage.message}> ${text}`];
          stage.tail = [...stage.tail, text].slice(-tailLines);
          return [];
        }
        case 'ended': {
          const stage = parallel.get(event.stage);
          if (event.outcome !== 'failed') return [];
          const tail = stage?.tail.map((line) => `   ${line}`) ?? [];
          return [`== ${stage?.message ?? event.stage} failed`, ...tail];
        }
        case 'progress': {
          const { built, fetched } = event;
          const part = ({ done, expected }: typeof built, verb: string) =>
            expected === 0 ? [] : [`${done} of ${expected} ${verb}`];
          counts = ` (${[...part(built, 'built'), ...part(fetched, 'fetched')].join(', ')})`;
          return [];
        }
        case 'problem':
        case 'done':
          return [];
      }
    },
  };
}
