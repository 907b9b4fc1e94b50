import { defineConfig } from 'vitest/config';

/** Slow tests that start Docker daemons or network namespaces: a suite of their own, see tools/test.js. */
const engines = [
  'packages/{engine,testkit}/**/*',
  'apps/cli/src/operator',
  'apps/frontend-master/src/membership/join',
  'apps/frontend-master/src/website/operator*',
  'ops/checks/src/{registry,swarm-stack}',
];
/** Slow tests that take the largest designs through whole tool chains. */
const designs = ['apps/agent/src/builds/{soc-template,cores}'];
const slow = { testTimeout: 120_000, hookTimeout: 300_000, fileParallelism: false };

/** Fast tests are `*.test.ts`; those with real engines, git or databases are `*.slow.test.ts`. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{apps,packages,tools,bench}/**/*.test.ts'],
          exclude: ['**/*.slow.test.ts', '**/node_modules/**'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['{apps,packages,ops}/**/*.slow.test.ts'],
          exclude: [
            '**/node_modules/**',
            'apps/desktop/**',
            ...[...engines, ...designs].map((path) => `${path}.slow.test.ts`),
          ],
          ...slow,
        },
      },
      {
        test: {
          name: 'engines',
          include: engines.map((path) => `${path}.slow.test.ts`),
          exclude: ['**/node_modules/**'],
          ...slow,
        },
      },
      {
        test: {
          name: 'designs',
          include: designs.map((path) => `${path}.slow.test.ts`),
          exclude: ['**/node_modules/**'],
          ...slow,
        },
      },
      {
        test: {
          name: 'desktop',
          include: ['apps/desktop/src/**/*.slow.test.ts'],
          exclude: ['**/node_modules/**'],
          ...slow,
        },
      },
    ],
  },
});
