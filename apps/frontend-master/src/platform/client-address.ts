/** From which address a request comes, when a proxy stands in front. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Gives the client's address as a string, or `''` when its socket has gone. */
export type ClientAddress = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string;

/**
 * `X-Forwarded-For` counts only when the socket's other end is a trusted proxy: then the client is the
 * last address in it that is not a proxy of ours. Whatever stands before that was written by the client.
 * @param trusted addresses and networks, e.g. `127.0.0.1,10.1.0.0/16`; empty: nobody is trusted
 */
export function clientAddress(trusted: string): ClientAddress {
  const proxies = parseAddresses(trusted) ?? new BlockList();
  const isProxy = (address: string) =>
    isIP(address) > 0 && proxies.check(address, familyOf(address));
  return ({ headers, socket }) => {
    let client = plain(socket.remoteAddress ?? '');
    const hops = String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((hop) => plain(hop.trim()));
    while (isProxy(client)) {
      const before = hops.pop();
      // A proxy that says nothing, or nonsense, is itself the client.
      if (before === undefined || isIP(before) === 0) break;
      client = before;
    }
    return client;
  };
}

/** Addresses and networks, separated by commas; null when one is neither. Pure. */
export function parseAddresses(text: string): BlockList | null {
  const list = new BlockList();
  for (const one of text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [address = '', prefix, ...more] = one.split('/');
    const bitsMax = isIP(address) === 6 ? 128 : 32;
    const bits = prefix === undefined ? bitsMax : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (isIP(address) === 0 || more.length > 0 || bits < 0 || bits > bitsMax) return null;
    list.addSubnet(address, bits, familyOf(address));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** IPv4 that arrives on an IPv6 socket. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
