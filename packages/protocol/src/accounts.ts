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

export type SignUp = z.infer<typeof signUp>;
export type SignIn = z.infer<typeof signIn>;
export type Account = z.infer<typeof account>;
export type SignedIn = z.infer<typeof signedIn>;
