import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock, systemRandom } from '@joh/clock';
import { createRpc } from '@joh/link';
import { deviceNotices, deviceRpc } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FakeShell, startFakeShell } from './fake-shell.ts';

const clock = systemClock();
const random = systemRandom();
let place: TemporaryFolder;
let shell: FakeShell;
const { device } = simulatedIcebreaker({ clock, serialNumber: 'ICE0042' });

beforeEach(async () => {
  place = await temporaryFolder('devices');
  shell = await startFakeShell({ at: place.path, folder: place.path, devices: [device] });
});
afterEach(async () => {
  await shell.end();
  await place.remove();
});

async function openDevices() {
  const { folder } = await shell.call('describe', { page: '/' });
  const { link } = shell.connect(folder?.id ?? '');
  const rpc = createRpc({
    channel: link.open('devices', {}),
    local: { methods: {}, notices: {} },
    handlers: {},
    remote: { methods: deviceRpc.methods, notices: deviceNotices.notices },
    random,
  });
  return { call: rpc.call, link };
}

it('is one device for two windows, and an interface of it for one', async () => {
  const [one, other] = [await openDevices(), await openDevices()];
  const { devices } = await one.call('list', {});
  expect(devices).toMatchObject([{ vendorId: 0x0403, serialNumber: 'ICE0042' }]);
  expect(await other.call('list', {})).toEqual({ devices });
  const { device: number } = devices[0] ?? { device: 0 };
  for (const { call } of [one, other]) {
    await call('open', { device: number });
    await call('selectConfiguration', { device: number, value: 1 });
  }
  await one.call('claimInterface', { device: number, number: 0 });
  await expect(other.call('claimInterface', { device: number, number: 0 })).rejects.toMatchObject({
    code: expect.stringMatching(/^E_BOARD_(IN_USE|BUSY)$/),
  });
  // A window that goes gives back what it had.
  one.link.close();
  await expect
    .poll(() =>
      other.call('claimInterface', { device: number, number: 0 }).then(
        () => 'claimed',
        () => 'refused',
      ),
    )
    .toBe('claimed');
  await expect(other.call('open', { device: 99 })).rejects.toMatchObject({
    code: 'E_BOARD_DISCONNECTED',
  });
  other.link.close();
});
