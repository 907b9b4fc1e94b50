import { createHash } from 'node:crypto';
import { type Authorization, isFault, userId } from '@joh/protocol';
import { fakeClock, seededRandom } from '@joh/testkit';
import { expect, it } from 'vitest';
import { createAuthorizations } from './authorizations.ts';

const ada = userId.parse(`usr_${'a'.repeat(26)}`);
const verifier = 'v'.repeat(43);
const asked: Authorization = {
  response_type: 'code',
  client_id: 'joh-desktop',
  redirect_uri: 'http://127.0.0.1:49152/callback',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
  state: 's'.repeat(32),
};

function setUp(max = 10) {
  const clock = fakeClock();
  const live = new Set<string>();
  const authorizations = createAuthorizations({
    clock,
    random: seededRandom(1),
    signIns: {
      async start(user) {
        const token = `${user} ${live.size}`;
        live.add(token);
        return token;
      },
      end: async (token) => void live.delete(token),
    },
    lifetimeMs: 60_000,
    max,
  });
  const grant = () => {
    const location = new URL(authorizations.grant(ada, asked));
    expect(location.origin + location.pathname).toBe(asked.redirect_uri);
    expect(location.searchParams.get('state')).toBe(asked.state);
    return location.searchParams.get('code') ?? '';
  };
  const redeem = (code: string, other: object = {}) =>
    authorizations
      .redeem({ code, code_verifier: verifier, redirect_uri: asked.redirect_uri, ...other })
      .catch((error: unknown) => (isFault(error) ? error.code : error));
  return { clock, live, grant, redeem };
}

it('gives one sign-in for a code and its verifier', async () => {
  const { live, grant, redeem } = setUp();
  const token = await redeem(grant());
  expect([...live]).toEqual([token]);
});

it('takes back what a code gave when the code comes again', async () => {
  const { live, grant, redeem } = setUp();
  const code = grant();
  const both = await Promise.all([redeem(code), redeem(code)]);
  expect(both).toContain('E_ACCOUNT_CODE_WRONG');
  expect(live.size).toBe(0);
  expect(await redeem(code)).toBe('E_ACCOUNT_CODE_WRONG');
});

it('is over after one guess of the verifier, or of the address', async () => {
  const { live, grant, redeem } = setUp();
  for (const other of [
    { code_verifier: 'w'.repeat(43) },
    { redirect_uri: 'http://127.0.0.1:49153/callback' },
  ]) {
    const code = grant();
    expect(await redeem(code, other)).toBe('E_ACCOUNT_CODE_WRONG');
    expect(await redeem(code)).toBe('E_ACCOUNT_CODE_WRONG');
  }
  expect(live.size).toBe(0);
});

it('forgets codes by age and by number', async () => {
  const { clock, grant, redeem } = setUp(2);
  const codes = [grant(), grant(), grant()];
  expect(await redeem(codes[0]!)).toBe('E_ACCOUNT_CODE_WRONG');
  expect(await redeem(codes[1]!)).toMatch(/^usr_/);
  await clock.advance(60_000);
  expect(await redeem(codes[2]!)).toBe('E_ACCOUNT_CODE_WRONG');
});
