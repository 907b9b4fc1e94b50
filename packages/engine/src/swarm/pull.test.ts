import type { NodeId } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import type { EngineNode } from '../engine.ts';
import type { SwarmTask } from './answers.ts';
import type { Manager } from './manager.ts';
import { createSwarmImages } from './pull.ts';
import type { Wait } from './wait.ts';

const node: EngineNode = {
  ...{ id: 'n1' as NodeId, name: 'node1', cores: 4, memoryBytes: 2 ** 33, labels: {} },
  ...{ reachable: true, reason: null },
  isolation: { separated: true, limited: true, note: '' },
};
const signal = AbortSignal.timeout(10_000);
const ended = (State: string, ExitCode: number) => ({ State, ContainerStatus: { ExitCode } });

/** A manager whose task is seen in these states, one after the other; `removed`: its service is gone. */
function imagesOf(...states: (SwarmTask['Status'] | 'removed')[]) {
  const made: string[] = [];
  const manager: Partial<Manager> = {
    async createService({ Name }) {
      made.push(Name);
      return true;
    },
    removeService: async () => true,
    async services() {
      const isGone = states[0] === 'removed';
      if (isGone) states.shift();
      const Spec = { Name: made[0] ?? '', TaskTemplate: {} };
      return isGone ? [] : [{ ID: 's', CreatedAt: '', Spec }];
    },
    async tasks() {
      const Status = states.shift();
      if (!Status || Status === 'removed') throw new Error('asked once too often');
      return [{ ID: 't', CreatedAt: '', Spec: {}, ServiceID: 's', Status }];
    },
  };
  const wait: Wait = {
    async until(_, ask) {
      for (;;) {
        const answer = await ask();
        if (answer !== null && answer !== false) return answer;
      }
    },
    bounded: (_what, _bound, given, work) => work(given),
  };
  const images = createSwarmImages({
    ...{ manager: manager as Manager, wait, installation: 'one' },
    nodes: async () => [node],
  });
  return { made, hasNix: () => images.hasNix('r:1/joh@sha256:1', node.id, signal), images };
}

describe('whether an image has Nix, on a Swarm', () => {
  it('is said by the end of the task that looks, not while it runs', async () => {
    const running = ended('running', 0);
    expect(await imagesOf(running, ended('failed', 1)).hasNix()).toBe(false);
    expect(await imagesOf(running, ended('complete', 0)).hasNix()).toBe(true);
  });

  it('is asked once, however many want to know', async () => {
    const { hasNix, made } = imagesOf(ended('complete', 0));
    expect(await Promise.all([hasNix(), hasNix(), hasNix()])).toEqual([true, true, true]);
    expect(await hasNix()).toBe(true);
    expect(made).toHaveLength(1);
  });

  it('is asked again when another process took the task away, and not for ever', async () => {
    const { hasNix, made } = imagesOf('removed', ended('complete', 0));
    expect(await hasNix()).toBe(true);
    expect(made).toHaveLength(2);
    await expect(imagesOf('removed', 'removed', 'removed').hasNix()).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
    });
  });

  it('is not known of an image that is not there, and asked again the next time', async () => {
    const missing = { State: 'rejected', Err: 'No such image: r:1/joh' };
    const { hasNix } = imagesOf(missing, ended('complete', 0));
    await expect(hasNix()).rejects.toThrow('No such image');
    expect(await hasNix()).toBe(true);
  });
});
