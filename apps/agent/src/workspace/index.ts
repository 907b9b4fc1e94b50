/** The working copy: files, watching, search, source control, and the clone itself. */
export { keepSecret, prepareWorkingCopy } from './clone.ts';
export { readFileChunks, writeFileWhole } from './file-stream.ts';
export { createFiles, type Files } from './files.ts';
export { createGit, type Git } from './git.ts';
export { watchRepository } from './repository-watch.ts';
export { createSearch, type Search } from './search.ts';
export { createSourceControl, type SourceControl } from './source-control.ts';
export { createWatches, type Watches } from './watch.ts';
