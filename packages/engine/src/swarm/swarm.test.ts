import type { ContainerId, NodeId } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../engine.ts';
import { overReason, phaseOf, type SwarmNode, type SwarmTask, sightingsOf } from './answers.ts';
import { managerFault } from './manager.ts';
import { admit, computeNodes } from './nodes.ts';
import { pullRequest, serviceRequest } from './service-request.ts';

const id = `container_${'a'.repeat(26)}` as ContainerId;
const node = 'n1' as NodeId;
const spec: ContainerSpec = {
  ...{ id, node, class: 'burst' },
  resources: { cores: 1, memoryBytes: 512 * 2 ** 20 },
  environment: { JOH_CONTAINER_ID: id, JOH_BOOT_TOKEN: 'secret' },
};
const installation = '0123456789abcdef';
const options = { image: 'r:1/joh@sha256:1', network: 'joh', installation, slot: 3, hasNix: false };

const task = (State: string, change: Partial<SwarmTask['Status']> = {}): SwarmTask => ({
  ...{ ID: 't', CreatedAt: '2026-01-01T00:00:01Z', ServiceID: 's' },
  Spec: { ContainerSpec: { Labels: serviceRequest(spec, options).Labels } },
  Status: { State, ...change },
});

describe('what is asked of a Swarm', () => {
  it('hardens and limits every container, on one node, once', () => {
    const { Name, Labels, Mode, TaskTemplate } = serviceRequest(spec, options);
    // The longest that the API takes.
    expect(Name.length).toBeLessThanOrEqual(63);
    expect(Mode).toEqual({ Replicated: { Replicas: 1 } });
    expect(TaskTemplate).toMatchObject({
      RestartPolicy: { Condition: 'none' },
      Placement: { Constraints: ['node.id==n1'] },
      ContainerSpec: { User: '20003:20003', ReadOnly: true, CapabilityDrop: ['ALL'] },
      Resources: { Limits: { NanoCPUs: 1e9, MemoryBytes: 536_870_912, Pids: 512 } },
    });
    expect(JSON.stringify(Labels)).not.toContain('secret');
    // With options a volume outlives its task.
    expect(JSON.stringify(TaskTemplate.ContainerSpec.Mounts)).not.toContain('VolumeOptions');
  });

  it('leaves the root of an image with Nix to its owner', () => {
    const { TaskTemplate } = serviceRequest(spec, { ...options, hasNix: true });
    expect(TaskTemplate.ContainerSpec).toMatchObject({ ReadOnly: false, CapabilityDrop: ['ALL'] });
  });

  it('pulls by a task that no list shows', () => {
    const pull = pullRequest('joh-pull-1', 'r:1/joh@sha256:1', node, installation);
    const service = {
      ...{ ID: 's', CreatedAt: '2026-01-01T00:00:00Z' },
      Spec: { Name: pull.Name, Labels: pull.Labels, TaskTemplate: pull.TaskTemplate },
    };
    expect(sightingsOf([service], [])).toEqual([]);
  });
});

describe('what a Swarm answers', () => {
  const service = () => {
    const { Name, Labels, TaskTemplate } = serviceRequest(spec, options);
    const Spec = { Name, Labels, TaskTemplate };
    return { ID: 's', CreatedAt: '2026-01-01T00:00:00Z', Spec };
  };

  it('is one container a service, by its newest task', () => {
    const old = { ...task('failed'), ID: 'old', CreatedAt: '2025-01-01T00:00:00Z' };
    const [seen, ...more] = sightingsOf([service()], [old, task('running')]);
    expect(more).toEqual([]);
    expect(seen).toMatchObject({ phase: 'running', slot: 3, problem: null });
    expect(seen?.container).toEqual({
      ...{ id, node, class: 'burst', image: options.image, state: 'running', reason: null },
      createdAtMs: Date.parse('2026-01-01T00:00:00Z'),
    });
  });

  it('is there before its task, and after its service', () => {
    expect(sightingsOf([service()], [])[0]).toMatchObject({ phase: 'coming' });
    expect(sightingsOf([], [task('running')])[0]).toMatchObject({ phase: 'running' });
  });

  it('says why a task is over', () => {
    const reason = (...given: Parameters<typeof task>) => overReason(task(...given));
    expect(reason('complete')).toBe('Its first process ended with code 0.');
    expect(reason('failed', { ContainerStatus: { ExitCode: 137 } })).toContain('signal 9');
    expect(reason('rejected', { Err: 'No such image: x' })).toContain('No such image: x');
    expect(reason('orphaned')).toBe('Its node left the swarm.');
    for (const state of ['new', 'pending', 'assigned', 'preparing', 'starting']) {
      expect(phaseOf(task(state))).toBe('coming');
    }
  });

  it('tells no from not now', () => {
    const code = (message: string) => managerFault({ status: 503, body: null, message }).code;
    expect(code('rpc error: The swarm does not have a leader.')).toBe('E_ENGINE_UNREACHABLE');
    expect(code('This node is not a swarm manager.')).toBe('E_ENGINE_REFUSED');
    expect(code('invalid image reference')).toBe('E_ENGINE_REFUSED');
  });
});

describe('nodes of a Swarm', () => {
  const member = (name: string, change: Partial<SwarmNode['Spec']> = {}, State = 'ready') => ({
    ...{ ID: `id-${name}`, Status: { State } },
    Spec: { Role: 'worker', Availability: 'active', Labels: { rack: 'one' }, ...change },
    Description: { Hostname: name, Resources: { NanoCPUs: 4e9, MemoryBytes: 2 ** 33 } },
  });

  it('are its members by name, but a manager that takes no tasks', () => {
    const nodes = computeNodes([
      member('b', { Availability: 'pause' }),
      member('c', {}, 'down'),
      member('m', { Role: 'manager', Availability: 'drain' }),
      { ...member('d', {}, 'unknown'), Description: {} },
      member('a'),
    ]);
    expect(nodes.map(({ name, reachable }) => [name, reachable])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
      ['id-d', false],
    ]);
    expect(nodes[0]).toMatchObject({ cores: 4, labels: { rack: 'one' } });
    expect(nodes[1]?.reason).toContain('docker node update --availability active id-b');
  });

  it('take what they have room for', () => {
    const nodes = computeNodes([member('a'), member('b', {}, 'down')]);
    const ask = (to: string, cores: number) => () =>
      admit(nodes, to as NodeId, { cores, memoryBytes: 1 });
    expect(ask('id-a', 4)).not.toThrow();
    expect(ask('id-a', 5)).toThrow(/less than/);
    expect(ask('id-b', 1)).toThrow(/is down/);
    expect(ask('nowhere', 1)).toThrow(/no node nowhere/);
  });
});
