/** Rules that no compiler or linter knows, read off the sources. `docs/ARCHITECTURE.md` names them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Paths of a folder's product sources: no tests, no conformance suites. */
const sourcesOf = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(\.test|\/conformance)\.ts$/.test(name))
    .map((name) => `${folder}/${name}`);
const filesWith = (folder: string, pattern: RegExp) =>
  sourcesOf(folder).filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')));

it('FrontendMaster takes RPC from the link package, and nothing that reads its frames', () => {
  const taken = sourcesOf('apps/frontend-master/src').flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(/import ([^;]*?) from '@joh\/link'/g),
    ].flatMap(([, names = '']) => names.match(/\b[A-Za-z]{3,}\b/g) ?? []),
  );
  const allowed = ['createRpc', 'HandlersOf', 'Rpc', 'type', 'wsTextPipe'];
  expect([...new Set(taken)].filter((name) => !allowed.includes(name))).toEqual([]);
  expect(taken).toContain('createRpc');
});

it("a folder's tables are touched by its stores alone", () => {
  expect(filesWith('apps/frontend-master/src', /\.tables</).sort()).toEqual([
    // better-auth has its own adapter over the same database.
    'apps/frontend-master/src/accounts/authentication.ts',
    'apps/frontend-master/src/membership/store.ts',
    'apps/frontend-master/src/nodes/event-store.ts',
    'apps/frontend-master/src/nodes/pool-store.ts',
    'apps/frontend-master/src/nodes/store.ts',
    'apps/frontend-master/src/projects/store.ts',
    'apps/frontend-master/src/repositories/store.ts',
    'apps/frontend-master/src/sessions/store.ts',
    'apps/frontend-master/src/shells/store.ts',
  ]);
});

it('the environment is read by the entries of processes alone', () => {
  const readers = ['frontend-master', 'agent', 'cli', 'ide'].flatMap((app) =>
    filesWith(`apps/${app}/src`, /(?<!`)\bprocess\.env\b/),
  );
  expect(readers.sort()).toEqual([
    'apps/agent/src/desktop-main.ts',
    'apps/agent/src/main.ts',
    'apps/agent/src/pty-host.ts',
    'apps/cli/src/main.ts',
    'apps/frontend-master/src/main.ts',
  ]);
});
