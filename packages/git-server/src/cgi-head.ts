/** The head of a CGI answer (RFC 3875 §6). Pure. */

export interface CgiHead {
  status: number;
  headers: [name: string, value: string][];
  /** What came after the head in the same bytes. */
  rest: Buffer;
}

/** git's heads are some hundred bytes. */
export const cgiHeadBytesMax = 16 * 1024;

/** Null while the empty line has not come. */
export function parseCgiHead(bytes: Buffer): CgiHead | null {
  const crlf = bytes.indexOf('\r\n\r\n');
  const lf = bytes.indexOf('\n\n');
  const isCrlf = crlf >= 0 && (lf < 0 || crlf < lf);
  const end = isCrlf ? crlf : lf;
  if (end < 0) return null;
  const head: CgiHead = { status: 200, headers: [], rest: bytes.subarray(end + (isCrlf ? 4 : 2)) };
  for (const line of bytes.subarray(0, end).toString('latin1').split(/\r?\n/)) {
    const at = line.indexOf(':');
    if (at < 0) continue;
    const name = line.slice(0, at).toLowerCase();
    const value = line.slice(at + 1).trim();
    if (name === 'status') head.status = Number.parseInt(value, 10) || 500;
    else head.headers.push([name, value]);
  }
  return head;
}
