import type { SessionId, UserId } from '@joh/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rebuildHead } from './head.ts';

const identity = { user: 'ada' as UserId, session: 'session_1' as SessionId };
const rebuild = (rawHeaders: string[], url = '/connect/session_1') =>
  Buffer.from(rebuildHead({ url, rawHeaders }, identity, 4_096)).toString('latin1');
const refused = (rawHeaders: string[], url?: string) => {
  expect(() => rebuild(rawHeaders, url)).toThrow(
    expect.objectContaining({ code: 'E_REQUEST_INVALID' }),
  );
};

describe('the head for the agent', () => {
  it('is the browser’s, without credentials, with who it is', () => {
    expect(
      rebuild([
        ...['Host', 'joy.example', 'Cookie', 'sid=1', 'Authorization', 'Bearer x'],
        ...[
          'Upgrade',
          'WebSocket',
          'Connection',
          'keep-alive, Upgrade',
          'Sec-WebSocket-Key',
          'k==',
        ],
      ]).split('\r\n'),
    ).toEqual([
      'GET /connect/session_1 HTTP/1.1',
      'Host: joy.example',
      'Sec-WebSocket-Key: k==',
      'connection: Upgrade',
      'upgrade: websocket',
      'x-joh-user: ada',
      'x-joh-session: session_1',
      '',
      '',
    ]);
  });

  it.each(['X-Joh-User', 'x-joh-session', 'X_JOH_User', 'x-joh', 'X-JOH-anything'])(
    'drops a browser’s own %s',
    (name) => {
      expect(rebuild([name, 'grace'])).not.toContain('grace');
    },
  );

  it('refuses what could be read as a second request or another header', () => {
    refused(['X-A', 'b\r\nx-joh-user: grace']);
    refused(['X-A', 'b\nc']);
    refused(['X-A', 'b\0']);
    refused(['X-A\r\nx-joh-user', 'grace']);
    refused(['x-joh-user ', 'grace']);
    refused(['', 'grace']);
    refused([], '/connect/a b');
    refused([], '/connect/a\r\nx-joh-user: grace');
    refused([], 'http://other/connect/a');
    refused(['Transfer-Encoding', 'chunked']);
    refused(['Content-Length', '12']);
    expect(rebuild(['Content-Length', '0'])).not.toMatch(/content-length/i);
  });

  it('has a bound', () => {
    expect(() => rebuild(['X-A', 'a'.repeat(5_000)])).toThrow(
      expect.objectContaining({ code: 'E_REQUEST_TOO_LARGE' }),
    );
  });

  it('names the user exactly once, whatever the browser sends', () => {
    const part = fc.oneof(
      fc.constantFrom('x-joh-user', 'X-Joh-User', 'x_joh_user', 'cookie', 'authorization', 'x'),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { maxLength: 6 }), (pairs) => {
        let text: string;
        try {
          text = rebuild(pairs.flat());
        } catch {
          return;
        }
        const lines = text.split(/\r\n|\r|\n/);
        expect(lines.filter((line) => /^\s*x[-_]joh[-_]user\s*:/i.test(line))).toEqual([
          'x-joh-user: ada',
        ]);
        expect(lines.some((line) => /^\s*(cookie|authorization)\s*:/i.test(line))).toBe(false);
        expect(text.indexOf('\r\n\r\n')).toBe(text.length - 4);
      }),
      { numRuns: 500 },
    );
  });
});
