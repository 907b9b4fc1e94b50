/** Reads an archive (NAR) as it streams by: is it one, and what is in it. Keeps no contents. */

export interface NarReader {
  /** Takes the next bytes. @throws {NarInvalid} */
  write(chunk: Buffer): void;
  /**
   * To be called after the last byte. Gives what Nix calls a listing (`.ls`), as JSON text, or null
   * when it would be longer than the bound. @throws {NarInvalid} the archive is not whole
   */
  end(): string | null;
}

/** The bytes are not an archive that Nix would unpack; the message says why. */
export class NarInvalid extends Error {
  override readonly name = 'NarInvalid';
}

/** Longest symlink target and file name on Linux (limits.h), and the words of the format itself. */
const wordBytesMax = 4096;
const nameBytesMax = 255;
/** Deeper than any path of 4096 bytes can be. */
const depthMax = 2048;

/** What may come next; the grammar is in the Nix manual, "Nix Archive (NAR) format". */
type State =
  | 'magic'
  | 'open'
  | 'type'
  | 'kind'
  | 'regular'
  | 'executable'
  | 'contents-word'
  | 'contents'
  | 'target'
  | 'target-text'
  | 'close'
  | 'entry'
  | 'entry-open'
  | 'entry-name'
  | 'entry-name-text'
  | 'entry-node'
  | 'entry-close'
  | 'end';

interface Parser {
  state: State;
  /** One for each open folder: the last name seen in it. */
  folders: (Buffer | null)[];
  isExecutable: boolean;
  listing: Listing;
  /** Offset of the next unread byte. */
  offset: number;
}

export function createNarReader({ listingBytesMax }: { listingBytesMax: number }): NarReader {
  const parser: Parser = {
    state: 'magic',
    folders: [],
    isExecutable: false,
    listing: createListing(listingBytesMax),
    offset: 0,
  };
  /** Bytes of a length or a word that came in pieces. */
  let partial: Buffer = Buffer.alloc(0);
  /** Of the word being read; -1 while its length is. */
  let wordBytes = -1;
  /** Contents still to be passed over, and zeros that must follow them. */
  let skip = 0;
  let padding = 0;
  const passOver = (chunk: Buffer, at: number): number => {
    if (skip > 0) {
      const some = Math.min(skip, chunk.length - at);
      skip -= some;
      return at + some;
    }
    if (chunk[at] !== 0) throw new NarInvalid('the padding is not zero');
    padding -= 1;
    return at + 1;
  };
  const take = (bytes: Buffer): void => {
    if (wordBytes >= 0) {
      for (let at = wordBytes; at < bytes.length; at += 1)
        if (bytes[at] !== 0) throw new NarInvalid('the padding is not zero');
      accept(parser, bytes.subarray(0, wordBytes));
      wordBytes = -1;
      return;
    }
    const length = Number(bytes.readBigUInt64LE());
    if (parser.state === 'contents') {
      parser.listing.file(length, parser.offset, parser.isExecutable);
      parser.state = 'close';
      skip = length;
      padding = paddingOf(length);
      return;
    }
    if (length > wordBytesMax) throw new NarInvalid('a name or word is too long');
    wordBytes = length;
    if (length === 0) {
      accept(parser, Buffer.alloc(0));
      wordBytes = -1;
    }
  };
  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (skip > 0 || padding > 0) {
          const next = passOver(chunk, at);
          parser.offset += next - at;
          at = next;
          continue;
        }
        if (parser.state === 'end') throw new NarInvalid('something follows its end');
        const wanted = wordBytes < 0 ? 8 : wordBytes + paddingOf(wordBytes);
        const some = chunk.subarray(at, at + wanted - partial.length);
        at += some.length;
        parser.offset += some.length;
        partial = partial.length === 0 ? some : Buffer.concat([partial, some]);
        if (partial.length < wanted) {
          // The chunk's memory is its sender's again after this call.
          partial = Buffer.from(partial);
          return;
        }
        const whole = partial;
        partial = Buffer.alloc(0);
        take(whole);
      }
    },
    end() {
      if (parser.state !== 'end' || skip > 0 || padding > 0)
        throw new NarInvalid('it ends too early');
      return parser.listing.text();
    },
  };
}

function paddingOf(length: number): number {
  return (8 - (length % 8)) % 8;
}

/** One word of the archive moves the parser on. */
function accept(parser: Parser, bytes: Buffer): void {
  const { state, listing } = parser;
  if (state === 'entry-name-text') {
    enter(parser, bytes);
    return;
  }
  if (state === 'target-text') {
    listing.symlink(bytes.toString());
    parser.state = 'close';
    return;
  }
  const word = bytes.toString('latin1');
  const next = transitions[state]?.[word];
  if (next === undefined) throw new NarInvalid(`"${word.slice(0, 20)}" is not expected here`);
  parser.state = next;
  if (state === 'kind') {
    parser.isExecutable = false;
    if (word === 'directory') openFolder(parser);
  }
  if (state === 'regular' && word === 'executable') parser.isExecutable = true;
  if (state === 'entry' && word === ')') closeFolder(parser);
  if (state === 'close') closeNode(parser);
}

/** State → word → next state. Names, targets and contents are not words. */
const transitions: Partial<Record<State, Readonly<Record<string, State>>>> = {
  magic: { 'nix-archive-1': 'open' },
  open: { '(': 'type' },
  type: { type: 'kind' },
  kind: { regular: 'regular', symlink: 'target', directory: 'entry' },
  regular: { executable: 'executable', contents: 'contents' },
  executable: { '': 'contents-word' },
  'contents-word': { contents: 'contents' },
  target: { target: 'target-text' },
  close: { ')': 'end' },
  entry: { entry: 'entry-open', ')': 'end' },
  'entry-open': { '(': 'entry-name' },
  'entry-name': { name: 'entry-name-text' },
  'entry-node': { node: 'open' },
  'entry-close': { ')': 'entry' },
};

function openFolder(parser: Parser): void {
  if (parser.folders.length >= depthMax) throw new NarInvalid('its folders are too deep');
  parser.folders.push(null);
  parser.listing.openFolder();
}

function closeFolder(parser: Parser): void {
  parser.folders.pop();
  parser.listing.closeFolder();
  closeNode(parser);
}

function closeNode(parser: Parser): void {
  parser.state = parser.folders.length > 0 ? 'entry-close' : 'end';
}

function enter(parser: Parser, name: Buffer): void {
  const text = name.toString();
  if (name.length === 0 || name.length > nameBytesMax || text === '.' || text === '..')
    throw new NarInvalid('a file name cannot be used');
  if (name.includes(0) || name.includes(0x2f)) throw new NarInvalid('a file name holds / or NUL');
  const last = parser.folders.at(-1);
  if (last && Buffer.compare(last, name) >= 0) throw new NarInvalid('file names are not sorted');
  parser.listing.entry(text, last === null);
  parser.folders[parser.folders.length - 1] = Buffer.from(name);
  parser.state = 'entry-node';
}

interface Listing {
  file(bytes: number, offset: number, isExecutable: boolean): void;
  symlink(target: string): void;
  openFolder(): void;
  closeFolder(): void;
  entry(name: string, isFirst: boolean): void;
  text(): string | null;
}

/** JSON as Nix writes it, in the order in which things are read. */
function createListing(bytesMax: number): Listing {
  let text = '{"root":';
  let isTooLong = false;
  const add = (more: string) => {
    if (isTooLong) return;
    text += more;
    if (text.length > bytesMax) {
      isTooLong = true;
      text = '';
    }
  };
  return {
    file: (bytes, offset, isExecutable) =>
      add(
        `{${isExecutable ? '"executable":true,' : ''}"narOffset":${offset},"size":${bytes},"type":"regular"}`,
      ),
    symlink: (target) => add(`{"target":${JSON.stringify(target)},"type":"symlink"}`),
    openFolder: () => add('{"entries":{'),
    closeFolder: () => add('},"type":"directory"}'),
    entry: (name, isFirst) => add(`${isFirst ? '' : ','}${JSON.stringify(name)}:`),
    text: () => (isTooLong ? null : `${text},"version":1}`),
  };
}
