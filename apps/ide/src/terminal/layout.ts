/** How terminals were arranged in tabs, kept over a reload of the page; pure. */

/** Each tab is the ids of the terminals split in it, from left to right. */
export type TerminalLayout = { tabs: { terminals: string[]; active: string | null }[] };

/**
 * The arrangement to restore: what was saved, less the terminals that are gone, plus those that the
 * layout does not know (opened in another window) in tabs of their own.
 */
export function restoredLayout(saved: TerminalLayout | null, live: string[]): TerminalLayout {
  const waiting = new Set(live);
  const tabs = [];
  for (const tab of saved?.tabs ?? []) {
    const terminals = tab.terminals.filter((id) => waiting.delete(id));
    if (terminals.length === 0) continue;
    const active = tab.active && terminals.includes(tab.active) ? tab.active : null;
    tabs.push({ terminals, active });
  }
  for (const id of waiting) tabs.push({ terminals: [id], active: id });
  return { tabs };
}

/** Reads what `JSON.stringify` of a layout wrote; null when it is anything else. */
export function parseLayout(text: string | null): TerminalLayout | null {
  if (!text) return null;
  try {
    const value = JSON.parse(text) as TerminalLayout;
    const valid = value.tabs.every(({ terminals }) =>
      terminals.every((id) => typeof id === 'string'),
    );
    return valid ? value : null;
  } catch {
    return null;
  }
}
