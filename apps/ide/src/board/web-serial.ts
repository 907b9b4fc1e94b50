/** A serial port of the browser's own list (Web Serial API), as a stream of bytes. */
import type { SerialStream } from '@joh/boards';

/** The part of `SerialPort` that is used. */
interface Port {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: { baudRate: number }): Promise<void>;
  close(): Promise<void>;
}
interface Serial {
  requestPort(): Promise<Port>;
}

const serialOf = () => (navigator as Navigator & { serial?: Serial }).serial;
export const hasWebSerial = () => serialOf() !== undefined;

/**
 * Asks for a port, in answer to a click, and opens it; null when none was picked. A design that is
 * loaded meanwhile does not disturb it: the port belongs to the USB chip, not to the FPGA.
 */
export async function openWebSerial(baud: number): Promise<SerialStream | null> {
  const port = await serialOf()
    ?.requestPort()
    .catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotFoundError') return null;
      throw error;
    });
  if (!port) return null;
  await port.open({ baudRate: baud });
  return streamOf(port);
}

function streamOf(port: Port): SerialStream {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let isClosed = false;
  let reader = port.readable?.getReader();
  const read = async (): Promise<Error | null> => {
    for (;;) {
      if (!reader) return isClosed ? null : new Error('The serial port is gone.');
      try {
        const { value, done } = await reader.read();
        if (value) for (const listener of listeners) listener(value);
        if (done) return null;
      } catch (error) {
        // A break or a framing error ends the reader and not the port.
        reader = isClosed ? undefined : port.readable?.getReader();
        if (!reader) return isClosed ? null : (error as Error);
      }
    }
  };
  const ended = read();
  const close = async () => {
    isClosed = true;
    await reader?.cancel().catch(() => undefined);
    reader?.releaseLock();
    await port.close().catch(() => undefined);
  };
  return {
    onBytes: (listener) => void listeners.add(listener),
    write: async (bytes) => {
      const writer = port.writable?.getWriter();
      await writer?.write(bytes).finally(() => writer.releaseLock());
    },
    setRate: async (baud) => {
      // The API has no other way.
      await reader?.cancel().catch(() => undefined);
      reader?.releaseLock();
      await port.close();
      await port.open({ baudRate: baud });
      reader = port.readable?.getReader();
    },
    close,
    ended,
  };
}
