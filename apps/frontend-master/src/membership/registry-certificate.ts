import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, type StoredAuthority } from '@joh/authority';
import type { Clock, Random } from '@joh/clock';

/** The registry reads it at its start; its unit asks for another one at each. */
const days = 90;

/** What an operator can mend, in a sentence. */
export class RegistryCertificateError extends Error {
  override readonly name = 'RegistryCertificateError';
}

/**
 * Writes `key.pem` (mode 0600) and `certificate.pem` of the registry at `JOH_REGISTRY`, signed by the
 * authority that the nodes trust. FM may run meanwhile.
 * @throws {RegistryCertificateError}
 */
export function writeRegistryCertificate(options: {
  /** `host:port`, see `JOH_REGISTRY`. */
  registry: string | undefined;
  dataDirectory: string;
  folder: string | undefined;
  clock: Clock;
  random: Random;
}): void {
  const { registry, folder } = options;
  if (!registry) throw new RegistryCertificateError('set JOH_REGISTRY to <host>:<port>');
  if (!folder) throw new RegistryCertificateError('name the folder: registry-certificate <folder>');
  const authority = createAuthority({ ...options, stored: readAuthority(options.dataDirectory) });
  const host = registry.replace(/:\d+$/, '');
  const identity = authority.newIdentity({
    name: 'registry',
    hosts: [host],
    use: 'registry',
    days,
  });
  const write = (name: string, text: string, mode: number) => {
    const file = join(folder, name);
    writeFileSync(`${file}.new`, text, { mode, flush: true });
    renameSync(`${file}.new`, file);
  };
  try {
    write('key.pem', identity.key, 0o600);
    write('certificate.pem', identity.certificate, 0o644);
  } catch (cause) {
    throw new RegistryCertificateError(`cannot write to ${folder}`, { cause });
  }
}

function readAuthority(dataDirectory: string): StoredAuthority {
  const file = join(dataDirectory, 'authority.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StoredAuthority;
  } catch (cause) {
    const reason = `${file} cannot be read; FrontendMaster makes it at its first start`;
    throw new RegistryCertificateError(reason, { cause });
  }
}
