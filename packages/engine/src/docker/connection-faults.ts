/** What it means when a Docker host cannot be spoken to, and what to do: pure. */
import { DeadlinePassed } from '@joh/clock';
import { type Fault, fault, isFault } from '@joh/protocol';
import { type DockerEndpoint, placeOf } from './host-address.ts';

/** Which host a fault is about. */
export interface HostPlace {
  /** For people; without it the place alone says which. */
  name?: string;
  endpoint: DockerEndpoint;
}

/** Turns what a socket or TLS threw into a fault. A refusal is a fault already and stays one. */
export function connectionFault(error: unknown, { name, endpoint }: HostPlace): Fault {
  if (isFault(error, 'E_ENGINE_REFUSED')) return error;
  const place = placeOf(endpoint);
  const where = name === undefined || name === place ? `at ${place}` : `of ${name} (${place})`;
  const reason = `Docker ${where}: ${wordsFor(error, 'socketPath' in endpoint)}`;
  return fault('E_ENGINE_UNREACHABLE', { reason }, { cause: error });
}

function wordsFor(error: unknown, isLocal: boolean): string {
  if (error instanceof DeadlinePassed) {
    const late = `no answer ${error.message.replace('not ', '')}`;
    return isLocal ? late : `${late}. ${silent}`;
  }
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  const words = error instanceof Error ? error.message : String(error);
  return (isLocal ? local[code] : (remote[code] ?? tls(code, words))) ?? words;
}

const silent = 'Check that the machine is up and that its network and firewall let this through';
const rejoin = 'Join the node again';

const local: Record<string, string> = {
  ENOENT: 'there is no such socket. Start Docker, or name another socket',
  ECONNREFUSED: 'no daemon listens there. Start Docker',
  EACCES: 'this user may not open it. Add the user to the group docker',
};

/** Codes of sockets (errno(3)), of names (getaddrinfo(3)) and of Node's TLS checks. */
const remote: Record<string, string> = {
  ECONNREFUSED: `no daemon listens there. Start Docker on the node; if it runs, it does not listen for TLS: ${rejoin.toLowerCase()}`,
  EHOSTUNREACH: `there is no route to it. ${silent}`,
  ENETUNREACH: `there is no route to it. ${silent}`,
  ETIMEDOUT: `no answer. ${silent}`,
  ENOTFOUND: 'its name is not known. Correct the name, or join the node by its address',
  EAI_AGAIN: 'the name service does not answer. Check it, or join the node by its address',
  ECONNRESET: `the connection was cut: by the network, or by who does not take our certificate. ${silent}`,
  CERT_HAS_EXPIRED: `the node's certificate has expired. ${rejoin}`,
  CERT_NOT_YET_VALID: "the node's certificate is not valid yet. Set the clocks of both machines",
  ERR_TLS_CERT_ALTNAME_INVALID: `the node's certificate is for another address. ${rejoin} under this one; if it never moved, somebody else answers in its place`,
};

const withoutTls = `it answers without TLS. ${rejoin}`;
const oldTls = `it does not speak TLS 1.2 or newer. ${rejoin}`;

/** OpenSSL says these in several spellings, by its version and the TLS version. */
function tls(code: string, words: string): string | undefined {
  if (/wrong version number/i.test(words)) return withoutTls;
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code) || code === 'EPROTO') return oldTls;
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|CERT_SIGNATURE_FAILURE/.test(code)) {
    return `the node's certificate is from another authority. ${rejoin}; if it never changed, somebody else answers in its place`;
  }
  if (/ALERT_(CERTIFICATE_EXPIRED)/.test(code)) {
    return `the node says that our certificate has expired. ${rejoin}, and check the clocks`;
  }
  if (/ALERT/.test(code)) {
    return `the node refused our certificate: it trusts another authority. ${rejoin}`;
  }
  if (/^ERR_OSSL|PEM/.test(code)) return `our own certificate or key cannot be read. ${rejoin}`;
  return undefined;
}
