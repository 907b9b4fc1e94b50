/** A terminal on any serial port. */
export { createUartConsole, type UartConsole } from './uart-console.ts';
