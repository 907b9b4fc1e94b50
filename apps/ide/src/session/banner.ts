/** The line across the window that says that the connection is cut. */
import type { Clock } from '@joh/clock';
import type { ConnectionMonitor } from '../agent/connection.ts';
import { element, icon } from '../workbench/element.ts';
import { bannerOf } from './model.ts';
import './session.css';

export interface BannerOptions {
  /** Within the workbench, whose colours are defined there. */
  container: Element;
  connection: ConnectionMonitor;
  clock: Clock;
  onLeave: () => void;
  onReload: () => void;
}

/** Shows itself whenever there is something to say; half a second late at most. */
export function mountBanner({
  container,
  connection,
  clock,
  onLeave,
  onReload,
}: BannerOptions): void {
  const text = element('span', {});
  const button = (words: string, click: () => void) =>
    element('button', { class: 'joh-button', click }, words);
  const leave = button('Back to projects', onLeave);
  const reload = button('Reload', onReload);
  const banner = element(
    'div',
    { class: 'joh-banner', role: 'alert', hidden: true, 'data-testid': 'connection-banner' },
    icon('debug-disconnect'),
    text,
    reload,
    leave,
  );
  container.append(banner);
  const draw = () => {
    const now = bannerOf(connection.current, clock.monotonic());
    banner.hidden = now === null;
    if (!now) return;
    banner.classList.toggle('error', now.severity === 'error');
    leave.hidden = now.action !== 'leave';
    reload.hidden = now.action !== 'reload';
    // Only when it differs: a screen reader reads every change of an alert aloud.
    if (text.textContent !== now.text) text.textContent = now.text;
  };
  let stop: (() => void) | undefined;
  connection.watch(({ state }) => {
    stop?.();
    stop = undefined;
    draw();
    if (state !== 'cut') return;
    const ticking = new AbortController();
    stop = () => ticking.abort();
    clock.every(500, draw, ticking.signal, () => undefined);
  });
}
