import { sessionsConformance } from './conformance.ts';

sessionsConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));
