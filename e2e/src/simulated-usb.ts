/** Puts simulated boards behind `navigator.usb` of a page. */
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { build } from 'esbuild';
import type { SimulatedUsb } from './usb-page.ts';

export type UsbHand = {
  [K in keyof SimulatedUsb]: (
    ...args: Parameters<SimulatedUsb[K]>
  ) => Promise<ReturnType<SimulatedUsb[K]>>;
};

/** To be called before the page is opened. What it gives plugs boards in and pulls them out. */
export async function simulateUsb(page: Page): Promise<UsbHand> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'usb-page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2024',
  });
  await page.addInitScript({ content: outputFiles[0]?.text ?? '' });
  const call =
    (name: keyof SimulatedUsb) =>
    (...args: unknown[]) =>
      page.evaluate(
        ([verb, values]) => {
          const { simulatedUsb } = window;
          return (simulatedUsb[verb as keyof SimulatedUsb] as (...of: unknown[]) => unknown)(
            ...(values as unknown[]),
          );
        },
        [name, args] as const,
      );
  const names = ['plug', 'unplug', 'pick', 'state', 'transfers'] as const;
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as UsbHand;
}
