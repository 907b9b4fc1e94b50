import type { ContainerId, NodeId } from '@joh/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineContainer, EngineEvent } from './engine.ts';
import { createSightings } from './sightings.ts';

const node = 'local' as NodeId;
const id = 'container_a' as ContainerId;
const listed = (state: EngineContainer['state']): EngineContainer => ({
  ...{ id, node, class: 'standard', image: null, state, reason: null, createdAtMs: 0 },
});
let told: EngineEvent['type'][];
beforeEach(() => {
  told = [];
});
const make = (known: EngineContainer[] = []) =>
  createSightings(node, known, ({ type }) => told.push(type));

describe('sightings', () => {
  it('tells each change once, whoever sees it', () => {
    const sightings = make();
    sightings.see(id, 'running');
    sightings.seeAll([listed('running')], sightings.count);
    sightings.seeAll([listed('exited')], sightings.count);
    sightings.see(id, 'exited');
    sightings.see(id, 'gone');
    sightings.seeAll([], sightings.count);
    expect(told).toEqual(['started', 'exited', 'destroyed']);
  });

  it('does not tell what was there before', () => {
    const sightings = make([listed('running')]);
    sightings.seeAll([listed('running')], sightings.count);
    expect(told).toEqual([]);
    sightings.seeAll([], sightings.count);
    expect(told).toEqual(['destroyed']);
  });

  it('does not believe a look that began before the news', () => {
    const sightings = make();
    sightings.see(id, 'running');
    const before = sightings.count;
    sightings.see(id, 'gone');
    sightings.seeAll([listed('running')], before);
    expect(told).toEqual(['started', 'destroyed']);
  });

  it('ignores the report of an end that comes after the removal', () => {
    const sightings = make();
    sightings.see(id, 'running');
    sightings.see(id, 'gone');
    sightings.seeAll([], sightings.count);
    sightings.see(id, 'exited');
    expect(told).toEqual(['started', 'destroyed']);
  });

  it('tells both when a container of another process came and went unseen', () => {
    const sightings = make();
    sightings.seeAll([listed('exited')], sightings.count);
    expect(told).toEqual(['started', 'exited']);
  });
});
