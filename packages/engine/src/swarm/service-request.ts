/** What is asked of a Swarm manager for one container: pure. */
import type { NodeId } from '@joh/protocol';
import {
  type ContainerRequestOptions,
  containerName,
  environmentOf,
  firstUid,
  labels,
  labelsOf,
  processes,
  ulimits,
  writableFolders,
} from '../docker/container-request.ts';
import { nixQuestion } from '../docker/nix-store.ts';
import type { ContainerSpec } from '../engine.ts';

/** On the service, where the API filters by them, and on the container, which outlives the service. */
export const swarmLabels = {
  ...labels,
  node: 'joh.node',
  /** On the short-lived services that pull an image: the installation. */
  pull: 'joh.pull',
} as const;

/**
 * The body of `POST /services/create`: a service whose one task runs once, on one node. Fields that a
 * daemon is too old for are dropped without a word; which are is in docs/operate.md.
 */
export function serviceRequest(spec: ContainerSpec, options: ContainerRequestOptions) {
  const uid = firstUid + options.slot;
  const { cores, memoryBytes } = spec.resources;
  const told = { ...labelsOf(spec, options), [swarmLabels.node]: spec.node };
  return {
    ...frame(containerName(options.installation, spec.id), told),
    TaskTemplate: {
      ...once(spec.node),
      ContainerSpec: {
        Image: options.image,
        User: `${uid}:${uid}`,
        Hostname: 'joh',
        Env: environmentOf(spec),
        Labels: told,
        Init: false,
        // It cannot name parts of a root: of an image with Nix, who owns what has to do.
        ReadOnly: !options.hasNix,
        CapabilityDrop: ['ALL'],
        // From API 1.44 on (Docker 25); the image's own first process sees to it as well.
        Privileges: { NoNewPrivileges: true },
        StopSignal: 'SIGKILL',
        StopGracePeriod: 1e9,
        Ulimits: ulimits,
        Mounts: [
          // Without owner and with noexec, which is all that this API can say of a tmpfs.
          { Type: 'tmpfs', Target: '/run', TmpfsOptions: { SizeBytes: 2 ** 24, Mode: 0o1777 } },
          // Builds run programs from /tmp, so it is a volume here; anonymous ones go with the task.
          ...['/tmp', ...writableFolders].map((Target) => ({ Type: 'volume', Target })),
        ],
      },
      Resources: {
        Limits: { NanoCPUs: Math.round(cores * 1e9), MemoryBytes: memoryBytes, Pids: processes },
      },
      Networks: [{ Target: options.network }],
      LogDriver: { Name: 'json-file', Options: { 'max-size': '1m', 'max-file': '1' } },
    },
  };
}

/** A service that makes an image present on a node, and tells by its exit code whether it has Nix. */
export function pullRequest(name: string, image: string, node: NodeId, installation: string) {
  const told = { [swarmLabels.pull]: installation, [swarmLabels.node]: node };
  return {
    ...frame(name, told),
    TaskTemplate: {
      ...once(node),
      ContainerSpec: {
        ...{ Image: image, Labels: told, Command: ['/bin/sh', '-c', nixQuestion] },
        ...{ User: '65534:65534', ReadOnly: true, CapabilityDrop: ['ALL'] },
      },
      Resources: { Limits: { MemoryBytes: 2 ** 26, Pids: 16 } },
    },
  };
}

function frame(Name: string, Labels: Record<string, string>) {
  return {
    Name,
    Labels,
    // `replicated-job` cannot be removed while it runs (moby#44312).
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Mode: 'dnsrr' },
  };
}

function once(node: NodeId) {
  return {
    RestartPolicy: { Condition: 'none' },
    Placement: { Constraints: [`node.id==${node}`] },
  };
}
