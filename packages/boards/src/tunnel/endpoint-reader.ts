/**
 * Reads of one endpoint. WebUSB cannot call a read back, libusb can, and its reads time out: a read
 * that nobody waits for any more stays on its way, and what it brings goes to the next one.
 */
import { UsbStatusError } from './usb-status.ts';
import { usbStatus } from './wire.ts';

type Result = { data?: DataView | undefined; status?: 'ok' | 'stall' | 'babble' | undefined };

export interface EndpointReader {
  /** Rejects with what the transfer failed with, or with what it was `end`ed with. */
  read(length: number): { bytes: Promise<Uint8Array>; end(error: Error): void };
}

interface Waiting {
  length: number;
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

export function createEndpointReader(transferIn: (length: number) => Promise<Result>) {
  const waiting: Waiting[] = [];
  const rest: Uint8Array[] = [];
  let onTheirWay = 0;
  const serve = () => {
    for (;;) {
      const [reader] = waiting;
      const [first] = rest;
      if (!reader || !first) return;
      waiting.shift();
      reader.resolve(first.subarray(0, reader.length));
      if (first.length <= reader.length) rest.shift();
      else rest[0] = first.subarray(reader.length);
    }
  };
  const launch = (length: number) => {
    onTheirWay += 1;
    transferIn(length).then(
      (result) => {
        onTheirWay -= 1;
        const bytes = bytesOf(result);
        if (bytes instanceof Error) return waiting.shift()?.reject(bytes);
        rest.push(bytes);
        serve();
      },
      (error: unknown) => {
        onTheirWay -= 1;
        waiting.shift()?.reject(error);
      },
    );
  };
  return {
    read(length: number) {
      const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
      const reader: Waiting = { length, resolve, reject };
      waiting.push(reader);
      serve();
      if (onTheirWay < waiting.length) launch(length);
      const end = (error: Error) => {
        const at = waiting.indexOf(reader);
        if (at >= 0) waiting.splice(at, 1);
        reject(error);
      };
      return { bytes: promise, end };
    },
  } satisfies EndpointReader;
}

function bytesOf({ data, status }: Result): Uint8Array | Error {
  if (status === 'stall') return new UsbStatusError(usbStatus.stall);
  if (status === 'babble') return new UsbStatusError(usbStatus.overflow);
  return data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();
}
