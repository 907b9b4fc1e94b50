/** A serial port of the browser's own list (Web Serial API), as a stream of bytes. */
import type { SerialStream } from '@joh/boards';

/** The part of `SerialPort` that is used. */
export interface Port {
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

export function streamOf(port: Port): SerialStream {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let isClosed = false;
  let reader = port.readable?.getReader();
  /** While the rate changes the port is closed for a moment; that is no end. */
  let changing: Promise<void> | null = null;
  const stopReading = async () => {
    await reader?.cancel().catch(() => undefined);
    reader?.releaseLock();
    reader = undefined;
  };
  const change = async (baud: number) => {
    await stopReading();
    await port.close();
    await port.open({ baudRate: baud });
    reader = port.readable?.getReader();
  };
  const read = async (): Promise<Error | null> => {
    for (;;) {
      if (changing) await changing.catch(() => undefined);
      if (isClosed) return null;
      if (!reader) return new Error('The serial port is gone.');
      try {
        const { value, done } = await reader.read();
        if (value) for (const listener of listeners) listener(value);
        if (done && !changing) return isClosed ? null : new Error('The serial port is gone.');
      } catch {
        // A break or a framing error ends the reader and not the port.
        if (!changing && !isClosed) reader = port.readable?.getReader();
      }
    }
  };
  return {
    onBytes: (listener) => void listeners.add(listener),
    write: async (bytes) => {
      const writer = port.writable?.getWriter();
      await writer?.write(bytes).finally(() => writer.releaseLock());
    },
    setRate: (baud) => {
      changing = change(baud).finally(() => {
        changing = null;
      });
      return changing;
    },
    close: async () => {
      isClosed = true;
      await stopReading();
      await port.close().catch(() => undefined);
    },
    ended: read(),
  };
}
