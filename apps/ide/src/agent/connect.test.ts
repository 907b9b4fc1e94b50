import { fault } from '@joh/protocol';
import { expect, it } from 'vitest';
import { nextConnection } from './connect.ts';

const clock = { monotonic: () => 10_000 };
const detail = { nextRetryMs: null, fault: null };

it('dates a cut from its beginning, however many attempts follow', () => {
  const first = nextConnection(
    { state: 'connected' },
    'cut',
    { ...detail, nextRetryMs: 500 },
    clock,
  );
  expect(first).toEqual({ state: 'cut', sinceMs: 10_000, retryAtMs: 10_500 });
  const later = { monotonic: () => 14_000 };
  const second = nextConnection(first, 'cut', { ...detail, nextRetryMs: null }, later);
  expect(second).toEqual({ state: 'cut', sinceMs: 10_000, retryAtMs: null });
  expect(nextConnection(second, 'open', detail, later)).toEqual({ state: 'connected' });
});

it('always has a reason for an end', () => {
  const body = fault('E_SESSION_ENDED').body();
  const ended = nextConnection({ state: 'connected' }, 'closed', { ...detail, fault: body }, clock);
  expect(ended).toEqual({ state: 'ended', fault: body });
  const silent = nextConnection({ state: 'connected' }, 'closed', detail, clock);
  expect(silent).toMatchObject({ fault: { code: 'E_LINK_CLOSED' } });
});
