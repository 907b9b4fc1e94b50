import { sessionTokensConformance } from './conformance.ts';

sessionTokensConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));
