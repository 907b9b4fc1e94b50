import { sharedDevice } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { expect, test } from 'vitest';

const clock = systemClock();

test('the device is open while anyone has it open, and an interface has one user', async () => {
  const { device } = simulatedIcebreaker({ clock });
  const shared = sharedDevice(device);
  let changes = 0;
  const stop = shared.onChanged(() => {
    changes += 1;
  });
  const [one, two] = [shared.lease('one'), shared.lease('two')];
  await Promise.all([one.open(), two.open()]);
  await one.claimInterface(0);
  await expect(two.claimInterface(0)).rejects.toMatchObject({
    code: 'E_BOARD_IN_USE',
    details: { user: 'one' },
  });
  await two.claimInterface(1);
  expect(shared.users).toEqual([
    { user: 'one', interfaces: [0] },
    { user: 'two', interfaces: [1] },
  ]);
  // What would disturb the other is refused; choosing what is chosen would not.
  await expect(one.reset?.()).rejects.toThrow(/is used by two/);
  await one.selectConfiguration(1);
  await one.close();
  await one.close();
  expect([one.opened, two.opened, device.opened]).toEqual([false, true, true]);
  await two.claimInterface(0);
  await two.close();
  expect(device.opened).toBe(false);
  expect(shared.users).toEqual([]);
  const before = changes;
  stop();
  await one.open();
  expect(changes).toBe(before);
});

test('plugged in again it belongs to nobody', async () => {
  const simulated = simulatedIcebreaker({ clock });
  const shared = sharedDevice(simulated.device);
  const [one, two] = [shared.lease('one'), shared.lease('two')];
  await one.open();
  await one.claimInterface(0);
  simulated.unplug();
  simulated.plugIn();
  expect(one.opened).toBe(false);
  await two.open();
  await two.claimInterface(0);
});
