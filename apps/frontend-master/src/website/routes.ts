/** The pages. What they show comes from the same services as the API. */
import {
  authorization,
  fault,
  type Project,
  projectPath,
  type Rack,
  type SessionId,
  sessionId,
  type Template,
  type UserId,
} from '@joh/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Accounts, SignedInAccount } from '#accounts';
import type { Http } from '#platform';
import { signInPage, signUpPage } from './account-pages.ts';
import { type AssetFolders, sendIde, serveAssets } from './assets.ts';
import { authorizePage } from './authorize-page.ts';
import { faultPage } from './fault-page.ts';
import { landingPage } from './landing-page.ts';
import { openPage, phonePage } from './open-page.ts';
import { operatorPage } from './operator-page.ts';
import { projectsPage, templatesPage } from './project-pages.ts';

export interface WebsiteOptions {
  accounts: Pick<Accounts, 'authenticate'>;
  /** The projects of an account, newest first. */
  listProjects(account: SignedInAccount): Promise<readonly Project[]>;
  /** @throws E_SESSION_UNKNOWN also when it is another user's */
  requireSession(user: UserId, id: SessionId): Promise<unknown>;
  /** For operators: everything that `GET /api/rack` gives. */
  rack(): Promise<Rack>;
  templates: readonly Template[];
  folders: AssetFolders;
}

/** Adds the website to FM's HTTP. */
export async function websiteRoutes(http: Http, options: WebsiteOptions): Promise<void> {
  const { app } = http;
  const { accounts, templates, folders } = options;
  const visitors = (path: string, render: () => string) =>
    app.get(path, async (request, reply) =>
      (await accounts.authenticate(request)) ? reply.redirect('/projects') : send(reply, render()),
    );
  const members = (
    path: string,
    handle: (
      account: SignedInAccount,
      request: FastifyRequest,
      reply: FastifyReply,
    ) => Promise<FastifyReply>,
  ) =>
    app.get(path, async (request, reply) => {
      const account = await accounts.authenticate(request);
      if (account) return handle(account, request, reply);
      return reply.redirect(`/sign-in?next=${encodeURIComponent(request.url)}`);
    });

  await serveAssets(http, folders);
  visitors('/', landingPage);
  visitors('/sign-up', signUpPage);
  visitors('/sign-in', signInPage);
  app.get('/templates', async (request, reply) =>
    send(reply, templatesPage(await accounts.authenticate(request), templates)),
  );
  app.get('/phone', async (request, reply) =>
    send(reply, phonePage(await accounts.authenticate(request))),
  );
  members('/projects', async (account, _request, reply) =>
    send(reply, projectsPage(account, await options.listProjects(account), templates)),
  );
  members('/authorize', async (account, request, reply) => {
    const asked = authorization.safeParse(request.query);
    const field = asked.error?.issues[0]?.path.join('.');
    if (!asked.success) throw fault('E_REQUEST_INVALID', { reason: `${field} is not right` });
    return send(reply, authorizePage(account, asked.data));
  });
  members('/open/:owner/:project', async (account, request, reply) => {
    const { owner, project } = request.params as { owner: string; project: string };
    const path = projectPath.safeParse(`${owner}/${project}`);
    if (!path.success) throw fault('E_PROJECT_UNKNOWN', { project: `${owner}/${project}` });
    return send(reply, openPage(account, path.data));
  });
  members('/ide/:session', async (account, request, reply) => {
    const id = sessionId.safeParse((request.params as { session: string }).session);
    if (!id.success) throw fault('E_SESSION_UNKNOWN');
    await options.requireSession(account.id, id.data);
    return sendIde(http, reply, folders.ide);
  });
  members('/operator', async (account, _request, reply) => {
    if (!account.isOperator) throw fault('E_ACCOUNT_NOT_OPERATOR');
    return send(reply, operatorPage(account, await options.rack()));
  });
  http.errorPage(async (request, error) =>
    faultPage(await accounts.authenticate(request).catch(() => null), error),
  );
}

function send(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
}
