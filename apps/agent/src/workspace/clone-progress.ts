/** Reading git's progress lines. */

/** The stages of a clone and the share of its time that each has by experience. */
const stages: readonly [words: string, from: number, to: number][] = [
  ['Counting objects', 0, 0.05],
  ['Compressing objects', 0.05, 0.1],
  ['Receiving objects', 0.1, 0.8],
  ['Resolving deltas', 0.8, 0.9],
  ['Updating files', 0.9, 1],
];

/** The newest stage named in a piece of git's stderr, or null. */
export function cloneFraction(text: string): { message: string; fraction: number } | null {
  const line = text.match(/(?:remote: )?([A-Z][a-z]+ [a-z]+): +(\d+)%/g)?.at(-1);
  const found = line?.match(/([A-Z][a-z]+ [a-z]+): +(\d+)%/);
  const stage = stages.find(([words]) => words === found?.[1]);
  if (!found || !stage) return null;
  const [message, from, to] = stage;
  return { message, fraction: from + ((to - from) * Number(found[2])) / 100 };
}
