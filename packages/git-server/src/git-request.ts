/** Which of git's three requests an HTTP request is. Pure. */

export interface GitRequest {
  owner: string;
  project: string;
  /** What the whole exchange wants: a push also reads the advertisement. */
  service: 'read' | 'write';
  /** Path below the repository: `/info/refs`, `/git-upload-pack` or `/git-receive-pack`. */
  path: string;
  /** For the CGI: `service=git-upload-pack`, or empty. */
  query: string;
}

/** As in `accountName` and `projectName`: no dot and no slash, so no way out of the root. */
const name = '[a-z0-9][a-z0-9-]{0,38}';
const form = new RegExp(
  `^/git/(${name})/(${name})(?:\\.git)?(/info/refs|/git-upload-pack|/git-receive-pack)$`,
);

/** Null when it is none: other paths are not served, not even git's older "dumb" protocol. */
export function parseGitRequest(method: string, url: string): GitRequest | null {
  const [path = '', search = ''] = url.split('?', 2);
  const match = form.exec(path);
  if (!match) return null;
  const [, owner = '', project = '', rest = ''] = match;
  if (rest === '/info/refs') {
    const service = new URLSearchParams(search).get('service');
    if (method !== 'GET' || (service !== 'git-upload-pack' && service !== 'git-receive-pack'))
      return null;
    const isWrite = service === 'git-receive-pack';
    return {
      owner,
      project,
      service: isWrite ? 'write' : 'read',
      path: rest,
      query: `service=${service}`,
    };
  }
  if (method !== 'POST') return null;
  return {
    owner,
    project,
    service: rest === '/git-receive-pack' ? 'write' : 'read',
    path: rest,
    query: '',
  };
}
