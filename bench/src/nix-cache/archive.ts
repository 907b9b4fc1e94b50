/** The least that is needed to write an archive of one file (Nix manual, "NAR format"). */
export function archiveOf(contents: Buffer): Buffer<ArrayBuffer> {
  const words = ['nix-archive-1', '(', 'type', 'regular', 'contents', contents, ')'].map((text) => {
    const bytes = Buffer.from(text);
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    return Buffer.concat([length, bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
  });
  return Buffer.concat(words);
}
