/** Where a zstd frame ends (RFC 8878 §3.1.1). Node's decoder stops there and says nothing of the rest. */

export interface ZstdFrame {
  /** Takes the next bytes. Returns why the file cannot be one frame, or null. */
  write(chunk: Uint8Array): string | null;
}

const magic = 0xfd2fb528;
const dictionaryBytes = [0, 1, 2, 4];

/** Follows one frame through its blocks without unpacking it. */
export function createZstdFrame(): ZstdFrame {
  let state: 'magic' | 'descriptor' | 'skip' | 'block' | 'checksum' | 'end' = 'magic';
  let wanted = 4;
  /** The little-endian number that `wanted` bytes make. */
  let value = 0;
  let shift = 0;
  let skip = 0;
  let hasChecksum = false;
  let isLast = false;
  const expect = (next: typeof state, bytes: number) => {
    state = next;
    wanted = bytes;
    value = 0;
    shift = 0;
  };
  const afterSkip = () => {
    if (!isLast) expect('block', 3);
    else if (hasChecksum) expect('checksum', 4);
    else expect('end', 0);
  };
  const step = (): string | null => {
    switch (state) {
      case 'magic':
        if (value !== magic) return 'it is no zstd frame';
        expect('descriptor', 1);
        return null;
      case 'descriptor': {
        hasChecksum = (value & 4) !== 0;
        const isSingle = (value & 32) !== 0;
        const sizeFlag = value >> 6;
        const sizeBytes = sizeFlag === 0 ? Number(isSingle) : 2 ** sizeFlag;
        skip = Number(!isSingle) + (dictionaryBytes[value & 3] ?? 0) + sizeBytes;
        expect('skip', 0);
        return null;
      }
      case 'block': {
        isLast = (value & 1) !== 0;
        const type = (value >> 1) & 3;
        if (type === 3) return 'it has a block of an unknown type';
        skip = type === 1 ? 1 : value >> 3;
        expect('skip', 0);
        return null;
      }
      default:
        expect('end', 0);
        return null;
    }
  };
  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (state === 'end') return 'something follows its end';
        if (state === 'skip') {
          const some = Math.min(skip, chunk.length - at);
          skip -= some;
          at += some;
          if (skip === 0) afterSkip();
          continue;
        }
        value += (chunk[at] ?? 0) * 2 ** shift;
        shift += 8;
        at += 1;
        if (shift < wanted * 8) continue;
        const problem = step();
        if (problem !== null) return problem;
      }
      return null;
    },
  };
}
