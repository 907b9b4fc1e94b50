/** The list of USB devices: which tools of the terminal may use them, and which do. */
import { element, icon } from '../workbench/element.ts';
import type { Device } from './devices.ts';

export interface DeviceRow {
  device: Device;
  isShared: boolean;
  /** "openFPGALoader (process 12)", for each tool that has it open. */
  tools: readonly string[];
  /** Why it could not be shared, or null. */
  problem: string | null;
}

export interface DeviceListOptions {
  onShare: (id: string, isShared: boolean) => void;
  onForget: (id: string) => void;
}

export function deviceParts(rows: readonly DeviceRow[], on: DeviceListOptions): HTMLElement[] {
  return rows.map((row) => devicePart(row, on));
}

function devicePart({ device, isShared, tools, problem }: DeviceRow, on: DeviceListOptions) {
  const { id, title, serial, usb, isSimulated, forget } = device;
  const hex = (value: number) => value.toString(16).padStart(4, '0');
  const about = isSimulated
    ? 'in this page'
    : `${hex(usb.vendorId)}:${hex(usb.productId)}${serial ? `, ${serial}` : ''}`;
  return element(
    'div',
    { class: 'joh-device', 'data-testid': 'board-usb-device', 'data-device': id },
    element(
      'div',
      { class: 'joh-device-head' },
      icon(isSimulated ? 'beaker' : 'plug'),
      element('span', { class: 'joh-device-title', title }, title),
      forget &&
        element(
          'button',
          {
            class: 'joh-icon-button',
            title: 'Take the browser’s permission for this device back',
            'aria-label': `Forget ${title}`,
            click: () => on.onForget(id),
          },
          icon('close'),
        ),
    ),
    element('p', { class: 'joh-hint' }, about),
    element(
      'label',
      { class: 'joh-share' },
      element('input', {
        type: 'checkbox',
        checked: isShared,
        'data-testid': 'board-share',
        change: (event) => on.onShare(id, (event.target as HTMLInputElement).checked),
      }),
      'Use from the terminal',
    ),
    ...tools.map((tool) =>
      element(
        'p',
        { class: 'joh-use', 'data-testid': 'board-use' },
        icon('terminal'),
        element('span', {}, `${tool} uses it.`),
        element('button', { class: 'joh-link', click: () => on.onShare(id, false) }, 'Stop'),
      ),
    ),
    problem && element('p', { class: 'joh-hint joh-problem', role: 'alert' }, problem),
  );
}
