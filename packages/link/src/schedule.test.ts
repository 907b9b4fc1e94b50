import { expect, test } from 'vitest';
import { createSchedule } from './schedule.ts';

const channel = (name: string, queued: number, recent = 0) => ({
  name,
  isReady: () => queued > 0,
  queuedBytes: () => queued,
  recentBytes: () => recent,
});
const open = { bulk: true, small: true };

test('the quietest small channel is first, the others take turns', () => {
  const schedule = createSchedule<ReturnType<typeof channel>>(1000);
  const all = [
    channel('bulk a', 5000),
    channel('bulk b', 5000),
    channel('noisy', 10, 2000),
    channel('idle', 0),
    channel('keys', 1),
    channel('chat', 100),
  ];
  for (const one of all) schedule.add(one);
  const keys = all[4]!;
  expect(schedule.next(0, open)).toBe(keys);
  expect(schedule.next(0, { bulk: false, small: true })).toBe(keys);
  schedule.remove(keys);
  expect(schedule.next(0, open)?.name).toBe('chat');
  schedule.remove(all[5]!);
  const turns = Array.from({ length: 6 }, () => schedule.next(0, open)?.name);
  expect(turns).toEqual(['bulk a', 'bulk b', 'noisy', 'bulk a', 'bulk b', 'noisy']);
  expect(schedule.next(0, { bulk: false, small: true })).toBeNull();
  schedule.clear();
  expect(schedule.isReady()).toBe(false);
});
