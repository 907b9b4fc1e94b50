/** The page's first script, in the page itself: it must be there when nothing else of it arrives. */
import { systemClock } from '@joh/clock';
import type { FaultBody } from '@joh/protocol';
import { createLoadAgain } from './load-again.ts';
import { partMissing } from './part-missing.ts';

/** The build puts `E_PAGE_INCOMPLETE` here, as the whole table of errors is too much for this script. */
declare const __JOH_PAGE_INCOMPLETE__: FaultBody;

const loadAgain = createLoadAgain({
  clock: systemClock(),
  storage: {
    getItem: (name) => sessionStorage.getItem(name),
    setItem: (name, value) => sessionStorage.setItem(name, value),
  },
  boot: () => document.getElementById('boot'),
  page: location.pathname,
  isServed: async (signal) => {
    const options = { method: 'HEAD', cache: 'no-store', signal } as const;
    return (await fetch(location.pathname, options)).ok;
  },
  load: () => location.reload(),
});

const isNeeded = (target: EventTarget | null) =>
  target instanceof HTMLScriptElement ||
  (target instanceof HTMLLinkElement && target.rel === 'stylesheet');
// Elements that do not load tell only themselves, on the way down.
const onError = ({ target }: Event) => isNeeded(target) && loadAgain(__JOH_PAGE_INCOMPLETE__);
addEventListener('error', onError, { capture: true });
for (const name of partMissing) {
  addEventListener(name, (event) => {
    loadAgain((event as CustomEvent<FaultBody | undefined>).detail ?? __JOH_PAGE_INCOMPLETE__);
  });
}
