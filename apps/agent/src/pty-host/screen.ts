/** What a terminal shows, and its scrollback, so that a late client can be given it. */
import { limits } from '#limits';
import { createSequenceTail } from './sequence-tail.ts';

export interface Screen {
  write(bytes: Uint8Array): void;
  /** Bytes written and not yet shown. */
  backlog(): number;
  /** Called whenever a piece of the backlog has been shown. */
  onParsed(listener: () => void): void;
  /** Calls back when everything written so far is shown, and nothing written later. */
  flush(then: () => void): void;
  /** Screen and scrollback as terminal bytes, with the unfinished sequence at the end. */
  snapshot(): Buffer;
  resize(columns: number, rows: number): void;
  dispose(): void;
}

/** The terminal's code: with the first one, so that an idle host in a small container stays small, or ahead. */
export function loadScreen() {
  return Promise.all([import('@xterm/headless'), import('@xterm/addon-serialize')]);
}

export async function createScreen(columns: number, rows: number): Promise<Screen> {
  const [{ default: headless }, { default: addon }] = await loadScreen();
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    scrollback: limits.scrollbackLines,
    allowProposedApi: true,
  });
  const serialize = new addon.SerializeAddon();
  terminal.loadAddon(serialize);
  const tail = createSequenceTail(limits.sequenceBytesMax);
  let backlog = 0;
  let parsed = () => {};
  return {
    write: (bytes) => {
      backlog += bytes.length;
      terminal.write(bytes, () => {
        backlog -= bytes.length;
        tail.feed(bytes);
        parsed();
      });
    },
    backlog: () => backlog,
    onParsed: (listener) => {
      parsed = listener;
    },
    // Chunks are shown in order and each callback runs before the next chunk.
    flush: (then) => terminal.write('', then),
    snapshot: () => Buffer.concat([Buffer.from(serialize.serialize()), tail.pending()]),
    resize: (to, high) => terminal.resize(to, high),
    dispose: () => terminal.dispose(),
  };
}
