/** What the agent shows to FrontendMaster, kept for its own restart. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepSecret } from '#workspace';

export interface CredentialStore {
  /** The credential; before the first `register` the boot token; null when there is neither. */
  token(): Promise<string | null>;
  /** Remembers the credential, durably, and forgets the boot token. */
  keep(credential: string): Promise<void>;
}

/** `folder` is for secrets (0700). The boot token is in a file or was taken from the environment. */
export function createCredentialStore(options: {
  folder: string;
  bootTokenFile: string | null;
  bootToken: string | null;
}): CredentialStore {
  const path = join(options.folder, 'credential');
  let kept: string | null = null;
  return {
    token: async () => {
      kept ??= await readSecret(path);
      if (kept !== null) return kept;
      return (
        (options.bootTokenFile && (await readSecret(options.bootTokenFile))) || options.bootToken
      );
    },
    keep: async (credential) => {
      if (credential === kept) return;
      await keepSecret(path, credential);
      kept = credential;
      if (options.bootTokenFile) await rm(options.bootTokenFile, { force: true });
    },
  };
}

async function readSecret(path: string): Promise<string | null> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() || null;
}
