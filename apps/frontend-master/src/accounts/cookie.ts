import type { IncomingHttpHeaders } from 'node:http';

/** The sign-in cookie: `HttpOnly`, `SameSite=Lax`, and bound to exactly this host over https. */
export interface SignInCookie {
  readonly name: string;
  /** Value of `set-cookie` that keeps `token` for `maxAgeMs`. */
  set(token: string, maxAgeMs: number): string;
  clear(): string;
}

/** `isSecure`: users reach the product by https (RFC 6265bis §4.1.3.2 for `__Host-`). */
export function createSignInCookie(isSecure: boolean): SignInCookie {
  const name = isSecure ? '__Host-joh' : 'joh';
  const write = (value: string, seconds: number) =>
    `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${isSecure ? '; Secure' : ''}`;
  return {
    name,
    set: (token, maxAgeMs) => write(token, Math.floor(maxAgeMs / 1_000)),
    clear: () => write('', 0),
  };
}

/** The token of a request: `authorization: Bearer …`, else the cookie; null without either. */
export function tokenOf(headers: IncomingHttpHeaders, cookieName: string): string | null {
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '');
  if (bearer?.[1]) return bearer[1];
  if (headers.authorization !== undefined) return null;
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === cookieName) return part.slice(at + 1).trim() || null;
  }
  return null;
}
