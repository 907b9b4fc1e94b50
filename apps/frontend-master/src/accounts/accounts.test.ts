import { accountsConformance } from './conformance.ts';

accountsConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));
