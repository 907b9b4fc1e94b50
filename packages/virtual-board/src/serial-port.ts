/**
 * A serial port as the console sees it: the virtual board's, or a real one (WebSerial, an FTDI
 * chip's second channel over WebUSB, the agent's on the desktop). 8 bits, no parity, one stop bit.
 */
export interface SerialPort {
  /** For people, e.g. `iCEBreaker on USB`. */
  readonly title: string;
  /** Opens at a baud, or changes it; resolves once bytes at this baud arrive. */
  setBaud(baud: number): Promise<void>;
  /** Resolves when the bytes have been taken; rejects with a fault when the port is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Bytes as they come. Returns the way to stop. */
  onBytes(listener: (bytes: Uint8Array) => void): () => void;
  /** Whether there is something behind it now; a board that is being programmed has nothing. */
  onState(listener: (state: SerialState) => void): () => void;
}

export type SerialState =
  | { state: 'open' }
  /** `reason`: a sentence, or null when it simply is not there. */
  | { state: 'closed'; reason: string | null };
