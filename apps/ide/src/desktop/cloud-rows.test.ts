import type { DesktopResult } from '@joh/protocol';
import { expect, it } from 'vitest';
import { cloudRows } from './cloud-rows.ts';

type Cloud = DesktopResult<'cloudProjects'>;

it('shows projects with a session first, and what it does', () => {
  const projects = ['a', 'b', 'c', 'd'].map((name) => ({ id: name, owner: 'ada', name }));
  const session = (id: string, state: string, position: number | null = null) => ({
    id: `session-of-${id}`,
    project: { id },
    state,
    position,
  });
  const row = (name: string, of: object | null) => ({ owner: 'ada', name, session: of });
  const sessions = [session('d', 'detached'), session('b', 'queued', 3), session('c', 'preparing')];
  expect(cloudRows({ projects, sessions } as unknown as Cloud)).toEqual([
    row('b', { id: 'session-of-b', state: 'place 3 in the queue', hasWork: false }),
    row('c', { id: 'session-of-c', state: 'being prepared', hasWork: true }),
    row('d', { id: 'session-of-d', state: 'running', hasWork: true }),
    row('a', null),
  ]);
});
