import { systemRandom } from '@joh/clock';
import { isFault, type ProjectId, template, type UserId } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, openStore, type Store } from '#platform';
import { projectsMigrations } from './migrations.ts';
import { createProjects, type Projects } from './service.ts';
import { createProjectStore } from './store.ts';
import type { Templates } from './templates.ts';

const ada = { id: 'u1' as UserId, name: 'ada', email: 'ada@example.org' };
const bob = { id: 'u2' as UserId, name: 'bob', email: 'bob@example.org' };
const blinky = template.parse({
  id: 'blinky',
  title: 'Blinky',
  description: '',
  board: 'icebreaker',
  languages: [],
});
const templates: Templates = {
  all: [blinky],
  find: (id) => (id === 'blinky' ? blinky : undefined),
  files: async () => [],
};

/** Projects over one of the two databases; repositories are remembered, not made. */
export function projectsConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('projects', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let clock: ReturnType<typeof fakeClock>;
    let projects: Projects;
    let repositories: Set<ProjectId>;
    let failing: boolean;
    beforeEach(async () => {
      place = createPlace();
      clock = fakeClock();
      store = await openStore({
        location: place.location,
        migrations: projectsMigrations,
        now: clock.now,
      });
      repositories = new Set();
      failing = false;
      projects = createProjects({
        store: createProjectStore(store),
        repositories: {
          create: async (project) => {
            if (failing) throw new Error('planted');
            repositories.add(project);
          },
          remove: async (project) => void repositories.delete(project),
        },
        templates,
        clock,
        random: systemRandom(),
        logger: createLogger({ level: 'silent' }),
        limits: { projectsPerAccountMax: 3 },
      });
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error: unknown) => (isFault(error) ? error.code : String(error)),
      );
    const create = (name: string, owner = ada) =>
      projects.create(owner, { name, template: 'blinky' });

    it('makes, lists by use, and finds only for the owner', async () => {
      const one = await create('one');
      await clock.advance(1_000);
      await create('two');
      await create('one', bob);
      expect((await projects.list(ada.id)).map((row) => row.name)).toEqual(['two', 'one']);
      await clock.advance(1_000);
      await projects.touch(one.id);
      expect((await projects.list(ada.id)).map((row) => row.name)).toEqual(['one', 'two']);
      expect(await projects.find(ada.id, 'ada/one')).toMatchObject({
        id: one.id,
        board: 'icebreaker',
      });
      expect(await codeOf(projects.find(bob.id, 'ada/one'))).toBe('E_PROJECT_UNKNOWN');
      expect(await codeOf(projects.find(ada.id, 'ada/three'))).toBe('E_PROJECT_UNKNOWN');
      expect(await codeOf(projects.find(ada.id, 'nonsense'))).toBe('E_PROJECT_UNKNOWN');
    });

    it('refuses a taken name, an unknown template and one project too many', async () => {
      await create('one');
      expect(await codeOf(create('one'))).toBe('E_PROJECT_NAME_TAKEN');
      expect(await codeOf(projects.create(ada, { name: 'x', template: 'none' }))).toBe(
        'E_TEMPLATE_UNKNOWN',
      );
      await create('two');
      await create('three');
      expect(await codeOf(create('four'))).toBe('E_PROJECT_TOO_MANY');
      expect(repositories.size).toBe(3);
    });

    it('lets one win of two that ask for a name at once, and leaves no repository behind', async () => {
      const codes = await Promise.all([codeOf(create('one')), codeOf(create('one'))]);
      expect(codes.sort()).toEqual(['E_PROJECT_NAME_TAKEN', 'fine']);
      const rows = await projects.list(ada.id);
      expect([...repositories]).toEqual(rows.map((row) => row.id));
    });

    it('has no row when the repository could not be made', async () => {
      failing = true;
      expect(await codeOf(create('one'))).toBe('Error: planted');
      expect(await projects.list(ada.id)).toEqual([]);
    });

    it('removes: sessions first, then the row and the repository; the name is free again', async () => {
      const { id } = await create('one');
      const ended: string[] = [];
      projects.onRemove(async (project) => {
        ended.push(project);
        expect(await projects.get(project)).not.toBeNull();
      });
      expect(await codeOf(projects.remove(bob.id, 'ada/one'))).toBe('E_PROJECT_UNKNOWN');
      await projects.remove(ada.id, 'ada/one');
      expect([ended, repositories.size]).toEqual([[id], 0]);
      await create('one');
    });
  });
}
