/**
 * Where session containers run. An engine creates, lists and destroys containers and tells what
 * happened to them; it decides nothing. Which containers are wanted, and whether an agent is alive,
 * is FrontendMaster's to know: an engine's view only explains it.
 *
 * Rules that hold for every kind (the conformance suite tests them):
 * - Every call takes a signal. When it aborts, the call rejects soon with the signal's reason, and
 *   what was under way may or may not have happened: `list` tells.
 * - Faults: `E_ENGINE_UNREACHABLE` (nobody answered: trying later can help) and `E_ENGINE_REFUSED`
 *   (it answered no: trying the same again does not help). Both carry `reason`.
 * - No call waits for ever, even with a signal that never aborts: an engine bounds each itself.
 * - Any number of calls may run side by side, except `create` and `destroy` of the same id: whoever
 *   gave up on a create destroys after it has settled, and again when a later `list` shows the id.
 */
import type { ContainerClass, ContainerId, NodeId, Resources } from '@joh/protocol';

export interface Engine {
  /** The name it was made by: `local`, `docker`, `fake:slow`… */
  readonly kind: string;

  /**
   * The compute nodes, in a stable order. Call at start and then every few seconds.
   * A node that does not answer is in the list with `reachable: false`; the call itself rejects only
   * when the signal aborts. Where nodes are data (joined hosts), this is also when the data is read.
   */
  nodes(signal: AbortSignal): Promise<EngineNode[]>;

  /**
   * Creates and starts one container. Resolves when its first process runs, which says nothing about
   * its agent. Idempotent by `spec.id`: again for a running one resolves and changes nothing.
   * Call only for a node that `nodes` gave as reachable, and only for an id that never ended: a
   * container runs once, so a create for one that has exited is refused.
   * @throws E_ENGINE_REFUSED node unknown, more than the node has, image missing, id has exited.
   * @throws E_ENGINE_UNREACHABLE the node does not answer; the container may exist all the same.
   */
  create(spec: ContainerSpec, signal: AbortSignal): Promise<void>;

  /**
   * Every container of this installation that exists, running or exited, made by this process or by
   * one before it. What is absent from the answer is gone, so the call is all or nothing: it rejects
   * when a node asked about does not answer. With many nodes call it node by node.
   * @param node one node; without it, all.
   * @throws E_ENGINE_UNREACHABLE a node asked about does not answer.
   */
  list(signal: AbortSignal, node?: NodeId): Promise<EngineContainer[]>;

  /**
   * Ends every process of a container, at once or nearly, and removes all it wrote: what must be kept
   * its agent is asked to keep before. Resolves when it is gone from `list`. Idempotent: an unknown
   * id is gone already.
   * Call at any time, also for what an earlier process created.
   * @param node where it is, if known: only that node is asked, and a node that the engine does not
   *   have holds nothing. Without it every node is asked, and the answer of the one that had it is enough.
   * @throws E_ENGINE_UNREACHABLE its node, or one that may be it, does not answer; call again later.
   */
  destroy(id: ContainerId, signal: AbortSignal, node?: NodeId): Promise<void>;

  /**
   * Makes an image present on a node ahead of use, so that a create there does not wait for it.
   * Resolves at once where it is present, and for kinds without images. May take minutes: it ends with
   * its signal, or when nothing arrived for a minute.
   * @param image reference of an image, best pinned: `host:port/name@sha256:…`.
   * @throws E_ENGINE_REFUSED node unknown, no such image, the registry says no.
   * @throws E_ENGINE_UNREACHABLE the node does not answer.
   */
  pull(image: string, node: NodeId, signal: AbortSignal): Promise<void>;

  /**
   * Subscribes to hints until the signal aborts. Resolves when subscribed: what happens afterwards
   * is told, what happened before is not. So subscribe first, then list, then compare. Hints may
   * come twice, late, or not at all around a `lost`; they are a reason to look, never the truth.
   * `lost` (once per loss) says that hints may be missing; the engine subscribes again by itself,
   * slower and slower, and says `recovered`: list then. Do not call `watch` again because of `lost`.
   * A node that does not answer at the start is `lost` at once and does not hold the call up.
   */
  watch(onEvent: (event: EngineEvent) => void, signal: AbortSignal): Promise<void>;

  /**
   * How a container reaches FrontendMaster's own machine. Call once at start, before the first
   * create, to know where FM must listen (see `FrontendReach`) and what `JOH_FRONTEND_URL` is.
   * @throws E_ENGINE_UNREACHABLE E_ENGINE_REFUSED
   */
  frontendReach(signal: AbortSignal): Promise<FrontendReach>;

  /**
   * Gives back what this process holds (subscriptions, sockets). Containers go on: they are for the
   * next process to list. Call once, last; every call still under way rejects.
   */
  close(): Promise<void>;
}

export interface EngineNode {
  id: NodeId;
  /** For people: the host's name. */
  name: string;
  cores: number;
  memoryBytes: number;
  /** Whether containers can be created on it now. */
  reachable: boolean;
  /** Why not, in a sentence that says what to do; null when reachable. */
  reason: string | null;
  /** What the operator wrote on it: rack, purpose… */
  labels: Record<string, string>;
  /** What keeps containers of this node apart, for people who decide whom to let in. */
  isolation: Isolation;
}

export interface Isolation {
  /** False: for one trusted user only. */
  separated: boolean;
  /** Whether a container's `resources` are enforced. */
  limited: boolean;
  /** The above in a sentence. */
  note: string;
}

export interface ContainerSpec {
  /** Made by the caller, used once in the life of the installation. */
  id: ContainerId;
  node: NodeId;
  class: ContainerClass;
  resources: Resources;
  /** What it runs, best pinned by digest. Absent: the engine's own. Ignored by kinds without images. */
  image?: string;
  /**
   * For the container's processes: `JOH_FRONTEND_URL`, `JOH_CONTAINER_ID` (must equal `id`) and
   * `JOH_BOOT_TOKEN`. An engine never puts the token on a command line. The agent does not find it in
   * its environment, where a terminal would inherit it, but in the file `JOH_BOOT_TOKEN_FILE` names.
   */
  environment: Record<string, string>;
}

export interface EngineContainer {
  id: ContainerId;
  node: NodeId;
  class: ContainerClass;
  /** The reference it was created from; null for kinds without images. */
  image: string | null;
  state: 'running' | 'exited';
  /** Why it exited, in a sentence; null while running. */
  reason: string | null;
  /** Wall clock, milliseconds since 1970. */
  createdAtMs: number;
}

export type EngineEvent =
  | { type: 'started' | 'exited' | 'destroyed'; container: ContainerId; node: NodeId }
  | { type: 'lost'; node: NodeId; reason: string }
  | { type: 'recovered'; node: NodeId };

/**
 * - `loopback`: containers share FM's network; its loopback address does.
 * - `address`: containers sit on a private bridge of FM's machine. FM must listen on `host` too (any
 *   port), for the paths that containers use only: agent control and streams, git, cache.
 * - `elsewhere`: containers run on other machines; the operator names an address of FM.
 */
export type FrontendReach =
  | { reach: 'loopback' }
  | { reach: 'address'; host: string }
  | { reach: 'elsewhere' };
