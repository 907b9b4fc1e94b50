/** Newer versions of the desktop application: signed, and asked for only where somebody has configured it. */
export { isSafeAddress } from './fetched.ts';
export { isFileSigned, readPublicKey } from './minisign.ts';
export { packageFileName, platformName, type ReleaseList, readRelease } from './release.ts';
export { createUpdates, type Updates } from './updates.ts';
