/** The worker in which a virtual board runs, away from the page. */
import { systemClock } from '@joh/clock';
import { createBoardLoop, type ToWorker } from '@joh/virtual-board';

const clock = systemClock();
const page = globalThis as unknown as {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};
/** A timer of 0 ms is made one of 4 ms by browsers; a message is not. */
const soon = new MessageChannel();
let next: () => void = () => undefined;
soon.port1.onmessage = () => next();

const take = createBoardLoop({
  monotonic: clock.monotonic,
  later(ms, fn) {
    if (ms > 0) return void clock.after(ms, fn);
    next = fn;
    soon.port2.postMessage(null);
  },
  onFrame: (frame) => page.postMessage(frame),
});
page.onmessage = ({ data }) => take(data);
