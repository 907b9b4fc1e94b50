/** Builds of the project: `joh.json` in, bitstream out. */
export { type Builds, type BuildsOptions, createBuilds } from './builds.ts';
