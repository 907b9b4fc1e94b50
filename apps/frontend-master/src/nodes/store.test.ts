import { containersConformance } from './conformance.ts';

containersConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));
