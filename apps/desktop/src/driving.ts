/** For benches: the application on a screen of its own, driven. */
export { type Home, homeIn } from './application.ts';
export { startDisplay } from './display.ts';
export { driveApplication } from './web-driver.ts';
