import { isFault, type SignedIn } from '@joh/protocol';
import { fakeClock, seededRandom, waitFor } from '@joh/testkit';
import { expect, it } from 'vitest';
import { signInByBrowser } from './browser-sign-in.ts';

const done = { account: { id: 'usr_a', email: 'ada@example.org', name: 'ada' }, token: 't' };

function begin() {
  const clock = fakeClock();
  const abort = new AbortController();
  const shown: unknown[] = [];
  let opened = '';
  const signedIn = signInByBrowser({
    client: {
      async redeem(body) {
        shown.push(body);
        return done as SignedIn;
      },
    },
    url: 'https://joy.example/',
    program: 'joh',
    open: (address) => {
      opened = address;
    },
    clock,
    random: seededRandom(1),
    signal: abort.signal,
  }).catch((error: unknown) => (isFault(error) ? error.code : error));
  const asked = async () => {
    const url = new URL(await waitFor(() => opened));
    expect(url.origin + url.pathname).toBe('https://joy.example/authorize');
    return {
      redirect: url.searchParams.get('redirect_uri') ?? '',
      state: url.searchParams.get('state') ?? '',
    };
  };
  return { clock, abort, shown, signedIn, asked };
}

it('shows the code that the browser brought, with its verifier, and listens no more', async () => {
  const { shown, signedIn, asked } = begin();
  const { redirect, state } = await asked();
  const answer = await fetch(`${redirect}?code=abc&state=${state}`);
  expect(await answer.text()).toContain('Signed in');
  expect(await signedIn).toEqual(done);
  expect(shown).toMatchObject([{ code: 'abc', redirect_uri: redirect }]);
  await expect(fetch(redirect)).rejects.toThrow();
});

it('takes nothing from who does not know its state', async () => {
  const { shown, signedIn, asked } = begin();
  const { redirect, state } = await asked();
  const other = new URL(redirect);
  for (const path of ['/callback?code=abc&state=guess', `/?code=abc&state=${state}`, '/callback'])
    expect((await fetch(new URL(path, other))).status).toBe(404);
  expect(shown).toEqual([]);
  await fetch(`${redirect}?error=access_denied&state=${state}`);
  expect(await signedIn).toBe('E_ACCOUNT_NOT_ALLOWED');
});

it('waits five minutes, and no longer than it is wanted', async () => {
  const first = begin();
  await first.asked();
  await first.clock.advance(5 * 60_000);
  expect(await first.signedIn).toBe('E_ACCOUNT_BROWSER_SILENT');
  const second = begin();
  await second.asked();
  second.abort.abort(new Error('Ctrl+C'));
  expect(await second.signedIn).toMatchObject({ message: 'Ctrl+C' });
});
