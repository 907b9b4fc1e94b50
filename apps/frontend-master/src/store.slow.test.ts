import { type Postgres, startPostgres } from '@joh/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { accountsConformance } from './accounts/conformance.ts';
import { containersConformance } from './nodes/conformance.ts';
import { storeConformance } from './platform/conformance.ts';
import { projectsConformance } from './projects/conformance.ts';
import { sessionTokensConformance } from './repositories/conformance.ts';
import { sessionsConformance } from './sessions/conformance.ts';
import { shellRecordsConformance } from './shells/conformance.ts';

/** Every store's conformance suite once more, over PostgreSQL. */
describe('on PostgreSQL', () => {
  let postgres: Postgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  const place = () => ({ location: { url: postgres.createDatabase() }, end: () => undefined });
  storeConformance(place);
  accountsConformance(place);
  projectsConformance(place);
  sessionTokensConformance(place);
  containersConformance(place);
  sessionsConformance(place);
  shellRecordsConformance(place);
});
