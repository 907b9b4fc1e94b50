/** Who publishes newer versions, as tests play it: a key, signatures as minisign(1) writes them, a server. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeKey {
  /** The line of a `minisign.pub`. */
  line: string;
  /** A `.minisig` in base64, as a list has it. */
  sign(bytes: Uint8Array, fileName: string): string;
}

export function fakeKey(): FakeKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const id = randomBytes(8);
  const x = Buffer.from(`${publicKey.export({ format: 'jwk' }).x}`, 'base64url');
  const base64 = (kind: string, bytes: Uint8Array) =>
    Buffer.concat([Buffer.from(kind), id, bytes]).toString('base64');
  return {
    line: base64('Ed', x),
    sign: (bytes, fileName) => {
      const signature = sign(null, createHash('blake2b512').update(bytes).digest(), privateKey);
      const comment = `timestamp:1795580964\tfile:${fileName}\thashed`;
      const whole = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey);
      const lines = [
        'untrusted comment: signature from a fake key',
        base64('ED', signature),
        `trusted comment: ${comment}`,
        whole.toString('base64'),
      ];
      return Buffer.from(`${lines.join('\n')}\n`).toString('base64');
    },
  };
}

export interface FakePublisher {
  url: string;
  /** Paths that were asked for. */
  asked: string[];
  /** What is answered from now on. */
  answer: RequestListener;
  close(): Promise<void>;
}

/** On the loopback, in clear. Answers 404 at first. */
export async function startFakePublisher(): Promise<FakePublisher> {
  const server = createServer((request, response) => {
    publisher.asked.push(request.url ?? '');
    publisher.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const publisher: FakePublisher = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    answer: (_, response) => void response.writeHead(404).end(),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  return publisher;
}
