import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type TemporaryFolder, temporaryFolder, withProduct } from '@joh/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
/** Nobody's on this machine, as the unit's user is. */
const user = 29_990;

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('joh-confined');
  // The unit's user finds its directory in it.
  chmodSync(folder.path, 0o711);
});
afterAll(() => folder?.remove());

it('FrontendMaster does its work as a user without rights, where it may write its data directory alone', async () => {
  const data = join(folder.path, 'data');
  mkdirSync(data, { mode: 0o700 });
  chownSync(data, user, user);
  // As the unit does it: a user of its own, no capability, everything read-only but the state directory.
  const drop = `setpriv --reuid=${user} --regid=${user} --clear-groups --no-new-privs --bounding-set=-all`;
  const script = `mount --bind "$1" "$1" && mount -o remount,bind,ro / && shift && exec ${drop} "$@"`;
  const enter = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', data];
  await withProduct(
    { JOH_ENGINE: 'fake:plain' },
    async ({ url }) => {
      const post = async (path: string, body: object, token = '') => {
        const answer = await fetch(url + path, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            ...(token ? { authorization: `Bearer ${token}` } : {}),
          },
          body: JSON.stringify(body),
        });
        expect(answer.status, path).toBe(201);
        return answer.json() as Promise<{ token: string; cloneUrl: string }>;
      };
      const form = { name: 'ada', email: 'ada@example.org', password: 'correct horse' };
      const { token } = await post('/api/auth/sign-up', form);
      const { cloneUrl } = await post(
        '/api/projects',
        { name: 'blinky', template: 'empty' },
        token,
      );
      const credentials = join(folder.path, 'credentials');
      writeFileSync(credentials, cloneUrl.replace('://', `://ada:${token}@`), { mode: 0o600 });
      const helper = `credential.helper=store --file=${credentials}`;
      const { stdout } = await run('git', ['-c', helper, 'ls-remote', cloneUrl], {
        env: { PATH: process.env.PATH, HOME: folder.path },
      });
      expect(stdout).toContain('refs/heads/main');
    },
    { enter, dataDirectory: data, warms: false },
  );
});
