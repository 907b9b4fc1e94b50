/** The rule that lets the user at the screen open USB boards on Linux; shown before it is written. */
import { readFile } from 'node:fs/promises';
import { boardFilters } from '@joh/boards';
import { fault, type UdevRules } from '@joh/protocol';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import type { UdevOptions } from './options.ts';

/** `uaccess` gives the device to who sits at the machine; its rules must come before 73 (udev(7), sd-login). */
export function udevText(): string {
  const vendors = [
    ...new Set(
      boardFilters().map(
        ({ vendorId, productId }) =>
          `${hex(vendorId)}:${productId === undefined ? '' : hex(productId)}`,
      ),
    ),
  ].sort();
  const lines = vendors.map((ids) => {
    const [vendor, product] = ids.split(':');
    const which = product ? `, ATTR{idProduct}=="${product}"` : '';
    return `SUBSYSTEM=="usb", ATTR{idVendor}=="${vendor}"${which}, MODE="0660", TAG+="uaccess"`;
  });
  return ['# FPGA boards for the user at this computer (Joy of Hardware).', ...lines, ''].join(
    '\n',
  );
}

export async function readUdevRules({ path }: UdevOptions): Promise<UdevRules> {
  const text = udevText();
  const there = await readFile(path, 'utf8').catch(() => null);
  const state = there === null ? 'missing' : there === text ? 'installed' : 'other';
  return { path, text, state, isNeeded: process.platform === 'linux' };
}

/** Throws `E_UDEV_FAILED`. */
export async function installUdevRules(
  options: UdevOptions,
  env: Record<string, string>,
): Promise<UdevRules> {
  const { path, isOwn } = options;
  const failed = (reason: string) => fault('E_UDEV_FAILED', { path, reason });
  const write = 'umask 022 && cat > "$1.part" && mv "$1.part" "$1"';
  const tell = 'udevadm control --reload && udevadm trigger --subsystem-match=usb';
  const argv: [string, ...string[]] = isOwn
    ? ['/bin/sh', '-c', write, 'sh', path]
    : ['pkexec', '/bin/sh', '-c', `${write} && ${tell}`, 'sh', path];
  const ended = await runToEnd(argv, {
    cwd: '/',
    env,
    input: udevText(),
    deadlineMs: limits.udevMs,
    outputBytesMax: 64 * 1024,
  }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  // pkexec(1): 126 when the dialog was dismissed, 127 when there was no right to be had.
  if (ended.exitCode === 126) throw failed('the dialog was closed');
  if (ended.exitCode !== 0) throw failed(ended.stderr.trim().slice(0, 300) || 'it was refused');
  return readUdevRules(options);
}

function hex(id: number): string {
  return id.toString(16).padStart(4, '0');
}
