import { describe, expect, it } from 'vitest';
import { clientAddress, parseAddresses } from './client-address.ts';

const from = (remoteAddress: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as Parameters<ReturnType<typeof clientAddress>>[0];

describe('client address', () => {
  it.each([
    ['nobody is trusted', '', '127.0.0.1', '203.0.113.9', '127.0.0.1'],
    ['the proxy says who it is', '127.0.0.1', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['IPv4 on an IPv6 socket', '127.0.0.1', '::ffff:127.0.0.1', '203.0.113.9', '203.0.113.9'],
    [
      'the client made up what stands before',
      '127.0.0.1',
      '127.0.0.1',
      '1.2.3.4, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'two proxies',
      '127.0.0.1,10.0.0.0/8',
      '127.0.0.1',
      '1.2.3.4,203.0.113.9,10.1.2.3',
      '203.0.113.9',
    ],
    ['someone else sends the header', '127.0.0.1', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['the proxy says nothing', '127.0.0.1', '127.0.0.1', undefined, '127.0.0.1'],
    ['the proxy says nonsense', '::1', '::1', 'unknown', '::1'],
    ['IPv6 client', '::1', '::1', '2001:db8::7', '2001:db8::7'],
    ['all of them proxies', '10.0.0.0/8', '10.0.0.1', '10.0.0.2', '10.0.0.2'],
    ['the socket has gone', '127.0.0.1', undefined, '203.0.113.9', ''],
  ])('%s', (_name, trusted, remote, forwarded, expected) => {
    expect(clientAddress(trusted)(from(remote, forwarded))).toBe(expected);
  });

  it.each(['localhost', '10.0.0.0/33', '::1/129', '1.2.3.4/', '1.2.3.4/8/8'])(
    'refuses %s in the list',
    (text) => expect(parseAddresses(text)).toBeNull(),
  );
});
