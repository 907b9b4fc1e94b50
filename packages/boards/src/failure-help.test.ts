import { describe, expect, it } from 'vitest';
import { failureHelp } from './failure-help.ts';

const icebreaker = { vendorId: 0x0403, productId: 0x6010, title: 'iCEBreaker' };
const fomu = { vendorId: 0x1209, productId: 0x5bf0, title: 'Fomu' };
const textOf = (...of: Parameters<typeof failureHelp>) => JSON.stringify(failureHelp(...of));

describe('failureHelp', () => {
  it('has a page for each class of failure, on each system', () => {
    for (const code of ['DENIED', 'BUSY', 'IN_USE', 'DISCONNECTED', 'TIMEOUT', 'REFUSED'])
      for (const system of ['linux', 'windows', 'macos', 'chromeos', 'android', 'other'] as const) {
        const page = failureHelp(`E_BOARD_${code}`, system, icebreaker);
        expect(page?.steps.length, `${code} on ${system}`).toBeGreaterThan(1);
      }
  });
  it('names the ids of this very device', () => {
    expect(textOf('E_BOARD_DENIED', 'linux', fomu)).toMatch(/1209.*5bf0.*uaccess/);
    expect(textOf('E_BOARD_DENIED', 'windows', icebreaker)).toMatch(/0403 6010.*Interface 0/);
    expect(textOf('E_BOARD_DENIED', 'windows', fomu)).not.toMatch(/Interface/);
  });
  it('sends nobody to a driver that their chip does not have', () => {
    expect(textOf('E_BOARD_BUSY', 'linux', icebreaker)).toContain('rmmod ftdi_sio');
    expect(textOf('E_BOARD_BUSY', 'linux', fomu)).not.toContain('ftdi');
  });
  it('has nothing to say of what is no matter of the board', () => {
    expect(failureHelp('E_BITSTREAM_OTHER_DEVICE', 'linux', fomu)).toBeNull();
    expect(failureHelp('toString', 'linux', fomu)).toBeNull();
  });
});
