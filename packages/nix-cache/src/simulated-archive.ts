/** Archives for tests, written word by word after the Nix manual ("Nix Archive (NAR) format"). */
export type Node =
  | { contents: string | Buffer; executable?: boolean }
  | { target: string }
  | { entries: [name: string, node: Node][] };

export function archiveOf(node: Node): Buffer {
  return Buffer.concat([word('nix-archive-1'), nodeOf(node)]);
}

export function word(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

function words(...texts: (string | Buffer)[]): Buffer {
  return Buffer.concat(texts.map(word));
}

function nodeOf(node: Node): Buffer {
  if ('target' in node) return words('(', 'type', 'symlink', 'target', node.target, ')');
  if ('contents' in node) {
    const mode = node.executable ? words('executable', '') : Buffer.alloc(0);
    const start = words('(', 'type', 'regular');
    return Buffer.concat([start, mode, words('contents', node.contents, ')')]);
  }
  const entries = node.entries.map(([name, one]) =>
    Buffer.concat([words('entry', '(', 'name', name, 'node'), nodeOf(one), word(')')]),
  );
  return Buffer.concat([words('(', 'type', 'directory'), ...entries, word(')')]);
}
