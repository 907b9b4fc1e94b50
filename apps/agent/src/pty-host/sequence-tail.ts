/**
 * Where in a terminal's byte stream a late client may enter. A stream cut inside an escape sequence
 * or a UTF-8 character shows garbage, so the bytes of the unfinished one are kept and sent behind
 * the screen. States after ECMA-48 §5 and the DEC parser in use by every emulator.
 */
type State = 'ground' | 'escape' | 'intermediate' | 'csi' | 'string' | 'stringEscape' | 'utf8';

export interface SequenceTail {
  feed(bytes: Uint8Array): void;
  /** The bytes since the last whole character or sequence; empty between them. */
  pending(): Uint8Array;
}

const escapeByte = 0x1b;
const cancel = 0x18;
const substitute = 0x1a;
const bell = 0x07;

/** Keeps at most `bytesMax`; a longer unfinished sequence (an image) is given up. */
export function createSequenceTail(bytesMax: number): SequenceTail {
  let state: State = 'ground';
  let continuation = 0;
  let kept: number[] = [];
  return {
    feed: (bytes) => {
      for (const byte of bytes) {
        const next = step(state, byte, continuation);
        if (next.state === 'ground') kept = [];
        else if (state === 'ground' || next.restart) kept = [byte];
        else if (kept.length < bytesMax) kept.push(byte);
        state = next.state;
        continuation = next.continuation;
      }
    },
    pending: () => Uint8Array.from(kept.length < bytesMax ? kept : []),
  };
}

interface Step {
  state: State;
  /** Bytes that a UTF-8 character still needs. */
  continuation: number;
  /** The sequence before was broken off; this byte starts another. */
  restart: boolean;
}

const at = (state: State, continuation = 0, restart = false): Step => ({
  state,
  continuation,
  restart,
});

function step(state: State, byte: number, continuation: number): Step {
  if (byte === cancel || byte === substitute) return at('ground');
  if (state === 'utf8' && (byte & 0xc0) === 0x80) {
    return continuation > 1 ? at('utf8', continuation - 1) : at('ground');
  }
  if (state === 'string') {
    if (byte === bell) return at('ground');
    return at(byte === escapeByte ? 'stringEscape' : 'string');
  }
  if (state === 'stringEscape') {
    // ESC \ ends the string; any other ESC sequence does too, and starts.
    return byte === 0x5c ? at('ground') : escaped(byte);
  }
  if (byte === escapeByte) return at('escape', 0, true);
  if (state === 'escape') return escaped(byte);
  if (state === 'intermediate') return at(byte >= 0x30 && byte <= 0x7e ? 'ground' : 'intermediate');
  if (state === 'csi') return at(byte >= 0x40 && byte <= 0x7e ? 'ground' : 'csi');
  return plain(byte);
}

function escaped(byte: number): Step {
  if (byte === escapeByte) return at('escape', 0, true);
  if (byte === 0x5b) return at('csi');
  // OSC ], DCS P, SOS X, PM ^, APC _
  if ([0x5d, 0x50, 0x58, 0x5e, 0x5f].includes(byte)) return at('string');
  return at(byte >= 0x20 && byte <= 0x2f ? 'intermediate' : 'ground');
}

function plain(byte: number): Step {
  if (byte >= 0xf0 && byte <= 0xf4) return at('utf8', 3, true);
  if (byte >= 0xe0 && byte <= 0xef) return at('utf8', 2, true);
  if (byte >= 0xc2 && byte <= 0xdf) return at('utf8', 1, true);
  return at('ground');
}
