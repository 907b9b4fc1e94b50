/** Time, randomness and ids as parameters, so that a test can own them; deadlines and turns. */
export { type Clock, systemClock } from './clock.ts';
export { DeadlinePassed, withDeadline } from './deadline.ts';
export { linger } from './linger.ts';
export { newId, type Random, systemRandom } from './random.ts';
export { createTurns, type Turns } from './turns.ts';
