import {
  account,
  authorization,
  authorizationCode,
  authorized,
  signedIn,
  signIn,
  signUp,
} from '@joh/protocol';
import type { FastifyReply } from 'fastify';
import type { Http } from '#platform';
import { accountBody } from './model.ts';
import type { Accounts } from './service.ts';

/** `/api/auth/*`. */
export function accountsRoutes(
  http: Http,
  options: { accounts: Accounts; signInLifetimeMs: number },
): void {
  const { accounts } = options;
  const keep = (reply: FastifyReply, token: string) =>
    reply.header('set-cookie', accounts.cookie.set(token, options.signInLifetimeMs));
  http.route({
    method: 'POST',
    path: '/api/auth/sign-up',
    summary: 'Makes an account and signs it in.',
    body: signUp,
    response: signedIn,
    status: 201,
    async handle({ body, request, reply }) {
      const done = await accounts.signUp(body, http.clientAddress(request.raw));
      void keep(reply, done.token);
      return done;
    },
  });
  http.route({
    method: 'POST',
    path: '/api/auth/sign-in',
    summary: 'Signs in.',
    body: signIn,
    response: signedIn,
    async handle({ body, request, reply }) {
      const done = await accounts.signIn(body, http.clientAddress(request.raw));
      void keep(reply, done.token);
      return done;
    },
  });
  http.route({
    method: 'POST',
    path: '/api/auth/authorize',
    summary: 'Lets a program of the same computer sign in; only for the page that asked the user.',
    body: authorization,
    response: authorized,
    async handle({ body, request }) {
      return { location: accounts.authorize(await accounts.requireAccount(request), body) };
    },
  });
  http.route({
    method: 'POST',
    path: '/api/auth/token',
    summary: 'A sign-in for the program that was allowed, by its code.',
    body: authorizationCode,
    response: signedIn,
    handle: ({ body }) => accounts.redeem(body),
  });
  http.route({
    method: 'POST',
    path: '/api/auth/sign-out',
    summary: 'Ends the sign-in and closes the sessions of the account.',
    async handle({ request, reply }) {
      await accounts.signOut(request);
      void reply.header('set-cookie', accounts.cookie.clear());
    },
  });
  http.route({
    method: 'GET',
    path: '/api/auth/account',
    summary: 'The account that is signed in.',
    response: account,
    handle: async ({ request }) => accountBody(await accounts.requireAccount(request)),
  });
}
