import type { IncomingMessage } from 'node:http';
import type { Clock } from '@joh/clock';
import { createGitServer, type GitGrant } from '@joh/git-server';
import { type Fault, fault, isFault, type ProjectId, type UserId } from '@joh/protocol';
import type { Accounts } from '#accounts';
import type { Http, Logger } from '#platform';
import type { Repositories } from './service.ts';

/** Only sessions use the references where work in progress is kept. */
const hiddenRefs = ['refs/snapshots/'];

export interface GitRoutesOptions {
  repositories: Repositories;
  accounts: Pick<Accounts, 'authenticate' | 'authenticateBasic'>;
  /** The project of a path, whoever owns it; null when there is none. */
  findProject(owner: string, name: string): Promise<{ id: ProjectId; user: UserId } | null>;
  /** After a push was answered. */
  onPushed(project: ProjectId): Promise<void>;
  clock: Clock;
  logger: Logger;
  limits: { pushBytesMax: number; gitRequestDeadlineMs: number; gitRequestsMax: number };
}

/** `/git/<owner>/<project>.git`. */
export function repositoriesRoutes(
  http: Pick<Http, 'raw' | 'clientAddress'>,
  options: GitRoutesOptions,
): void {
  const { logger } = options;
  const server = createGitServer({
    root: options.repositories.root,
    clock: options.clock,
    limits: options.limits,
    onError: (error, path) => logger.error({ err: error, path }, 'a git request failed'),
    authorize: (request, wanted) =>
      authorize({ ...options, clientAddress: http.clientAddress }, request, wanted).catch(
        (error: unknown) => {
          if (isFault(error)) return error;
          throw error;
        },
      ),
  });
  http.raw('/git/', (request, response) => void server.handle(request, response));
}

async function authorize(
  options: GitRoutesOptions & Pick<Http, 'clientAddress'>,
  request: IncomingMessage,
  wanted: { owner: string; project: string; service: 'read' | 'write' },
): Promise<GitGrant | Fault> {
  const path = `${wanted.owner}/${wanted.project}`;
  const basic = basicOf(request);
  if (basic?.login === 'session') return authorizeSession(options, basic.password, wanted);
  const account = basic
    ? await options.accounts.authenticateBasic(
        basic.login,
        basic.password,
        options.clientAddress(request),
      )
    : await options.accounts.authenticate(bearerOnly(request));
  if (!account) return fault(basic ? 'E_ACCOUNT_PASSWORD_WRONG' : 'E_ACCOUNT_SIGNED_OUT');
  const project = await options.findProject(wanted.owner, wanted.project);
  if (project?.user !== account.id) return fault('E_PROJECT_UNKNOWN', { project: path });
  return {
    user: account.name,
    repository: options.repositories.folder(project.id),
    hiddenRefs,
    done: pushed(options, wanted.service, project.id),
  };
}

async function authorizeSession(
  options: GitRoutesOptions,
  secret: string,
  wanted: { owner: string; project: string; service: 'read' | 'write' },
): Promise<GitGrant | Fault> {
  const { repositories } = options;
  const token = await repositories.tokens.verify(secret, wanted.project);
  const project = await options.findProject(wanted.owner, wanted.project);
  if (project?.id !== token.project)
    return fault('E_REPOSITORY_REFUSED', { project: wanted.project });
  const use = repositories.tokens.use(token);
  const after = pushed(options, wanted.service, token.project);
  return {
    user: `session ${token.session}`,
    repository: repositories.folder(token.project),
    signal: use.signal,
    done(outcome) {
      use.done();
      after(outcome);
    },
  };
}

function pushed(options: GitRoutesOptions, service: 'read' | 'write', project: ProjectId) {
  return (outcome: 'served' | 'cut') => {
    if (service !== 'write' || outcome === 'cut') return;
    options.repositories.collectGarbage(project);
    options.onPushed(project).catch((error: unknown) => {
      options.logger.warn({ err: error, project }, 'a push was not noted');
    });
  };
}

/** RFC 7617. */
function basicOf({ headers }: IncomingMessage): { login: string; password: string } | null {
  const [, encoded] = /^basic +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  return at < 0 ? null : { login: text.slice(0, at), password: text.slice(at + 1) };
}

/** A browser's cookie opens no repository: another site's form could send it here. */
function bearerOnly({ headers }: IncomingMessage) {
  return { headers: headers.authorization ? { authorization: headers.authorization } : {} };
}
