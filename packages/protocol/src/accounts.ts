/** REST contracts of `/api/auth/*` that are ours; the rest is better-auth's own. */
import { z } from 'zod';
import { userId } from './ids.ts';
import { accountName } from './names.ts';

export const signUp = z.object({
  email: z.email().max(254),
  name: accountName,
  /** NIST SP 800-63B §5.1.1: length is the rule; 128 bounds the work of hashing. */
  password: z.string().min(8).max(128),
});
export const signIn = z.object({ email: z.email().max(254), password: z.string().max(128) });
export const account = z.object({ id: userId, email: z.string(), name: accountName });
/** `token` is for clients without a cookie jar: `authorization: Bearer <token>`. */
export const signedIn = z.object({ account, token: z.string() });

/**
 * What a program on the user's computer asks of a page, as query of `/authorize` (RFC 6749 §4.1.1 with the
 * challenge of RFC 7636 §4.3). The code comes back on loopback, at any port (RFC 8252 §7.3).
 */
export const authorization = z.object({
  response_type: z.literal('code'),
  client_id: z.enum(['joh', 'joh-desktop']),
  redirect_uri: z.string().regex(/^http:\/\/127\.0\.0\.1:\d{1,5}\/callback$/),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal('S256'),
  state: z.string().regex(/^[\w-]{16,128}$/),
});
/** Where the page sends the browser then: to the program, with its code. */
export const authorized = z.object({ location: z.string() });
/** What the program shows for a sign-in of its own (RFC 7636 §4.5). */
export const authorizationCode = z.object({
  code: z.string().max(128),
  code_verifier: z.string().regex(/^[\w.~-]{43,128}$/),
  redirect_uri: authorization.shape.redirect_uri,
});

export type Authorization = z.infer<typeof authorization>;
export type AuthorizationCode = z.infer<typeof authorizationCode>;
export type SignUp = z.infer<typeof signUp>;
export type SignIn = z.infer<typeof signIn>;
export type Account = z.infer<typeof account>;
export type SignedIn = z.infer<typeof signedIn>;
