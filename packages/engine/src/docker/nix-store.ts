/**
 * Images with a Nix store that a container adds to. It writes in the container's own layer, over the image's,
 * which nobody changes; the rest of the root stays read-only
 * (docs/decisions/0017-a-container-adds-to-the-nix-store-of-its-image.md).
 */

/** In the environment of such an image, where a daemon shows it and a container sees it. */
const writableVariable = 'JOH_WRITABLE';
const writableFolder = '/nix';

/** The same question for a shell inside: its exit code is 0 for such an image. */
export const nixQuestion = `[ "$${writableVariable}" = ${writableFolder} ]`;

/** Whether an image's environment says so. */
export function hasNixStore(environment: readonly string[]): boolean {
  return environment.includes(`${writableVariable}=${writableFolder}`);
}

/** What Docker itself makes read-only when nothing is asked (moby, oci/defaults.go). */
const dockersOwn = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);
/** The top of a root, from the Filesystem Hierarchy Standard. What an image lacks is passed over. */
const top = [
  ...['bin', 'boot', 'etc', 'home', 'init', 'lib', 'lib64', 'media', 'mnt', 'opt', 'root', 'sbin'],
  ...['srv', 'usr', 'var'],
].map((name) => `/${name}`);

/**
 * A root of which one folder can be written. The top folder itself is root's, and containers are not.
 * Volumes below these paths stay writable.
 */
export const rootWithNix = {
  ReadonlyRootfs: false,
  ReadonlyPaths: [...dockersOwn, ...top],
} as const;
