/** The user's own Nix, and FrontendMaster's cache for it. */
export { createNix, type Nix, type NixFrontend } from './nix.ts';
export {
  activity,
  type NixMessage,
  type NixPlace,
  outcome,
  parseNixLine,
  verbosity,
  withoutColours,
} from './nix-log.ts';
