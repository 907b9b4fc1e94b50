import { X509Certificate } from 'node:crypto';
import type { Authority } from '@joh/authority';
import type { Clock, Random } from '@joh/clock';
import type { DockerHostAddress } from '@joh/engine';
import {
  fault,
  type NodeId,
  type NodeJoinCreated,
  type nodeJoin,
  type nodeJoinCreate,
  type nodeJoined,
} from '@joh/protocol';
import type { z } from 'zod';
import type { Logger } from '#platform';
import { hashSecret, newSecret } from '#platform';
import { mergeDaemonConfiguration } from './daemon-configuration.ts';
import { createClientIdentity } from './identity.ts';
import { joinCommand } from './join-command.ts';
import type { JoinScript } from './join-script.ts';
import { type Join, type Member, placeOf } from './model.ts';
import type { MembershipStore } from './store.ts';

/** Which machines are compute nodes, beside FM's own. */
export interface Membership {
  /** Reads who joined, and goes on reading: another FM may have let one in. */
  start(): Promise<void>;
  stop(): void;
  /** Those that joined, as the docker engine takes them. */
  hosts(): DockerHostAddress[];
  members(): readonly Member[];
  /** What people are shown of each. */
  joined(): ReadonlyMap<NodeId, { address: string; joinedAt: string; notice: string | null }>;
  /** Leave for one machine to join, once. @throws E_NODE_EXISTS, E_NODE_JOIN_IMPOSSIBLE */
  createJoin(wish: z.output<typeof nodeJoinCreate>): Promise<NodeJoinCreated>;
  /**
   * The machine itself, with the token: gives it its certificate. It is a node from then on.
   * @throws E_NODE_JOIN_REFUSED, E_NODE_CONFIGURATION, E_REQUEST_INVALID
   */
  join(token: string, asked: z.output<typeof nodeJoin>): Promise<z.input<typeof nodeJoined>>;
  /** False when none of that name joined. */
  remove(node: NodeId): Promise<boolean>;
  script: JoinScript;
  onChange(listener: (change: MemberChange) => void): void;
}

interface MemberChange {
  kind: 'node-joined' | 'node-removed';
  node: NodeId;
  sentence: string;
}

export interface MembershipOptions {
  store: MembershipStore;
  authority: Authority;
  script: JoinScript;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Names of nodes that did not join: FM's own machine. */
  taken: readonly NodeId[];
  /** FM as other machines reach it. @throws E_NODE_JOIN_IMPOSSIBLE why they cannot */
  reach(): JoinReach;
  limits: {
    joinLifetimeMs: number;
    membersIntervalMs: number;
    nodeCertificateDays: number;
    certificateNoticeMs: number;
  };
}

export interface JoinReach {
  /** Where the script is fetched, without a trailing slash. */
  url: string;
  /** Where containers reach FM. */
  door: { host: string; port: number };
  /** `host:port`; null without one. */
  registry: string | null;
}

/** Makes it; nothing is read before `start`. */
export function createMembership(options: MembershipOptions): Membership {
  const { store, authority, clock, logger, limits } = options;
  const identity = createClientIdentity(authority, clock);
  const stopping = new AbortController();
  const listeners: Parameters<Membership['onChange']>[0][] = [];
  let members: readonly Member[] = [];
  const refresh = async () => {
    members = await store.listMembers();
    await store.pruneJoins(clock.now());
  };
  const tell = async (change: MemberChange) => {
    await refresh();
    for (const listener of listeners) listener(change);
  };
  return {
    async start() {
      await refresh();
      clock.every(limits.membersIntervalMs, refresh, stopping.signal, (error) =>
        logger.warn({ err: error }, 'could not read which machines are nodes'),
      );
    },
    stop: () => stopping.abort(),
    hosts: () => members.map((member) => addressOf(member, authority, identity.current())),
    members: () => members,
    joined: () => new Map(members.map((one) => [one.id, shownOf(one, clock.now(), limits)])),
    createJoin: (wish) => createJoin(options, members, wish),
    async join(token, asked) {
      const { leave, answer } = await admit(options, token, asked);
      const isNew = !members.some(({ id }) => id === leave.name);
      const again = isNew ? 'joined' : 'joined again, with a new certificate';
      await tell({
        ...{ kind: 'node-joined', node: leave.name },
        sentence: `${leave.name} ${again}; its Docker daemon is at ${placeOf(leave)}.`,
      });
      return answer;
    },
    async remove(node) {
      if (!(await store.removeMember(node))) return false;
      await tell({
        ...{ kind: 'node-removed', node },
        sentence: `${node} was removed by an operator; it is no node any more.`,
      });
      return true;
    },
    script: options.script,
    onChange: (listener) => void listeners.push(listener),
  };
}

function addressOf(
  { id, host, port, labels }: Member,
  authority: Authority,
  identity: { certificate: string; key: string },
): DockerHostAddress {
  const tls = { authority: authority.certificate, ...identity };
  return { node: id, name: id, endpoint: { host, port, tls }, labels };
}

async function createJoin(
  { store, authority, script, clock, random, reach, limits, taken }: MembershipOptions,
  members: readonly Member[],
  wish: z.output<typeof nodeJoinCreate>,
): Promise<NodeJoinCreated> {
  const { url } = reach();
  const known = members.find(({ id }) => id === wish.name);
  if (taken.includes(wish.name)) {
    throw fault('E_NODE_EXISTS', { node: wish.name, place: "FrontendMaster's own machine" });
  }
  // The same machine may join again: that renews its certificate.
  if (known && (known.host !== wish.host || known.port !== wish.port)) {
    throw fault('E_NODE_EXISTS', { node: wish.name, place: placeOf(known) });
  }
  const token = newSecret(random);
  const expiresAt = clock.now() + limits.joinLifetimeMs;
  await store.addJoin({ ...wish, hash: hashSecret(token), expiresAt });
  const { fingerprint } = authority;
  return {
    token,
    command: joinCommand({
      ...{ url, token, name: wish.name, host: wish.host, port: wish.port },
      ...{ scriptHash: script.hash, authorityFingerprint: fingerprint },
    }),
    expiresAt: new Date(expiresAt).toISOString(),
    authorityFingerprint: fingerprint,
  };
}

/** The token is spent last: what is refused before can be mended and tried again. */
async function admit(
  { store, authority, clock, reach, limits }: MembershipOptions,
  token: string,
  asked: z.output<typeof nodeJoin>,
): Promise<{ leave: Join; answer: z.input<typeof nodeJoined> }> {
  const hash = hashSecret(token);
  const leave = await store.findJoin(hash, clock.now());
  if (!leave) throw fault('E_NODE_JOIN_REFUSED');
  const { door, registry } = reach();
  const daemon = mergeDaemonConfiguration(textOf(asked.daemon), leave);
  const certificate = authority.issue({
    ...{ csr: textOf(asked.csr), name: leave.name, hosts: [leave.host], use: 'node' },
    days: limits.nodeCertificateDays,
  });
  if (!(await store.takeJoin(hash, clock.now()))) throw fault('E_NODE_JOIN_REFUSED');
  await store.putMember(memberOf(leave, certificate, clock.now()));
  return {
    leave,
    answer: {
      certificate: encode(certificate),
      authority: encode(authority.certificate),
      daemon: encode(daemon),
      registry: encode(registry ?? ''),
      doorHost: encode(door.host),
      doorPort: encode(String(door.port)),
    },
  };
}

function shownOf(
  member: Member,
  now: number,
  { certificateNoticeMs }: { certificateNoticeMs: number },
) {
  const until = new Date(member.certificateUntil).toISOString();
  const isNear = member.certificateUntil - now < certificateNoticeMs;
  return {
    address: placeOf(member),
    joinedAt: new Date(member.joinedAt).toISOString(),
    notice: isNear ? `Its certificate ends on ${until.slice(0, 10)}: join it again.` : null,
  };
}

function memberOf({ name, host, port, labels }: Join, certificate: string, now: number): Member {
  const certificateUntil = new X509Certificate(certificate).validToDate.getTime();
  return { id: name, host, port, labels, joinedAt: now, certificateUntil };
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
