/** How a recent folder is told apart from others; pure. */

/** The folder that it is in, the home as `~`. */
export function whereIn(path: string, home: string): string {
  const above = path.replace(/\/[^/]*$/, '') || '/';
  if (above === home) return '~';
  return above.startsWith(`${home}/`) ? `~${above.slice(home.length)}` : above;
}

const dayMs = 24 * 60 * 60 * 1000;

/** When it was opened, in a word or two. */
export function when(openedAt: string, now: Date): string {
  const then = new Date(openedAt);
  const days = Math.round((midnight(now) - midnight(then)) / dayMs);
  if (days <= 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days < 14) return `${days} days ago`;
  return then.toLocaleDateString(undefined, { year: 'numeric', month: 'short', day: 'numeric' });
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
