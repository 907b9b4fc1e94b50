/** Smart HTTP over real git, and git on bare repositories. */
export { type GitSettings, gitEnvironment } from './git-environment.ts';
export { type GitCommand, runGit } from './git-process.ts';
export {
  createGitServer,
  type GitGrant,
  type GitServer,
  type GitServerOptions,
} from './git-server.ts';
