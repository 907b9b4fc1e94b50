/** Debian's docker-registry over TLS: from where the nodes of a cluster pull. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Authority } from '@joh/authority';
import { waitFor } from '../wait-for.ts';
import type { Machine } from './cluster-network.ts';
import { pushImage } from './image-push.ts';
import { entering } from './namespaces.ts';

export interface Registry {
  /** `host:port`, as it begins the name of an image. */
  readonly address: string;
  /**
   * Pushes an image that a daemon holds.
   * @returns its name by digest: `host:port/name@sha256:…`.
   */
  push(from: { socketPath: string }, image: string): Promise<string>;
}

export interface RegistryOptions {
  folder: string;
  machine: Machine;
  authority: Pick<Authority, 'certificate' | 'newIdentity'>;
}

const program = '/usr/bin/docker-registry';
const port = 5000;
const readyTimeoutMs = 30_000;

/** Starts one; it ends with its namespace. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const { folder, machine, authority } = options;
  if (!existsSync(program)) {
    throw new Error(`this test needs ${program}: apt-get install docker-registry`);
  }
  mkdirSync(folder, { recursive: true });
  const at = (name: string) => join(folder, name);
  const { key, certificate } = authority.newIdentity({
    ...{ name: 'registry', hosts: [machine.address], use: 'registry' },
  });
  writeFileSync(at('key.pem'), key, { mode: 0o600 });
  writeFileSync(at('certificate.pem'), certificate);
  const address = `${machine.address}:${port}`;
  const configuration = {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: at('images') } },
    http: { addr: address, tls: { certificate: at('certificate.pem'), key: at('key.pem') } },
  };
  // JSON is YAML.
  writeFileSync(at('configuration.yml'), JSON.stringify(configuration));
  const [nsenter = '', ...parameters] = entering(machine.namespace);
  const log = openSync(at('log'), 'a');
  const child = spawn(nsenter, [...parameters, program, 'serve', at('configuration.yml')], {
    ...{ stdio: ['ignore', log, log], detached: true },
  });
  closeSync(log);
  child.unref();
  await waitFor(() => ping(address, authority.certificate), { deadlineMs: readyTimeoutMs }).catch(
    (error: unknown) => {
      throw new Error(`docker-registry: ${readFileSync(at('log'), 'utf8')}`, { cause: error });
    },
  );
  let pushes = 0;
  return {
    address,
    push(from, image) {
      pushes += 1;
      const given = { from, image, address, authority: authority.certificate };
      return pushImage({ ...given, folder: at(`push${pushes}`) });
    },
  };
}

/** What a daemon must find below /etc/docker to trust it. */
export function trustRegistry(etc: string, { address }: Registry, authority: string): void {
  const folder = join(etc, 'certs.d', address);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'ca.crt'), authority);
}

function ping(address: string, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asked = request(`https://${address}/v2/`, { ca, timeout: 1_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked
      .on('error', reject)
      .on('timeout', () => asked.destroy(new Error('no answer')))
      .end();
  });
}
