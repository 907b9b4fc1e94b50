import type { DesktopResult } from '@joh/protocol';
import { expect, it } from 'vitest';
import { cloudRows } from './cloud-rows.ts';

type Cloud = DesktopResult<'cloudProjects'>;

it('shows projects with a session first, and what it does', () => {
  const projects = ['a', 'b', 'c', 'd'].map((name) => ({ id: name, owner: 'ada', name }));
  const session = (id: string, state: string, position: number | null = null) => ({
    project: { id },
    state,
    position,
  });
  const sessions = [session('d', 'detached'), session('b', 'queued', 3), session('c', 'preparing')];
  expect(cloudRows({ projects, sessions } as unknown as Cloud)).toEqual([
    { owner: 'ada', name: 'b', state: 'place 3 in the queue' },
    { owner: 'ada', name: 'c', state: 'being prepared' },
    { owner: 'ada', name: 'd', state: 'running' },
    { owner: 'ada', name: 'a', state: null },
  ]);
});
