import type { ContainerId, NodeId } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../engine.ts';
import { labelled, reasonOf } from './answers.ts';
import { containerName, containerRequest, firstUid, freeSlot, slots } from './container-request.ts';
import { versionFor } from './engine-api.ts';
import { eventOf } from './events.ts';
import { pullFault } from './images.ts';

const id = `container_${'a'.repeat(26)}` as ContainerId;
const node = 'docker' as NodeId;
const spec: ContainerSpec = {
  ...{ id, node, class: 'burst' },
  resources: { cores: 1, memoryBytes: 512 * 2 ** 20 },
  environment: { JOH_CONTAINER_ID: id, JOH_BOOT_TOKEN: 'secret' },
};
const options = { image: 'joh-session:dev', network: 'joh', installation: 'one', slot: 3 };
const plain = { ...options, hasNix: false };

describe('what is asked of Docker', () => {
  it('speaks the newest version that both know', () => {
    expect(versionFor('1.41')).toBe('/v1.41');
    expect(versionFor('1.44')).toBe('/v1.44');
    expect(versionFor('1.99')).toBe('/v1.50');
    expect(versionFor('2.0')).toBe('/v1.50');
    for (const old of ['1.40', '', 'none']) expect(() => versionFor(old)).toThrow(/1\.41/);
  });

  it('hardens and limits every container', () => {
    const { User, HostConfig, Labels, Env } = containerRequest(spec, plain);
    expect(User).toBe(`${firstUid + 3}:${firstUid + 3}`);
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      NetworkMode: 'joh',
      NanoCpus: 1_000_000_000,
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      RestartPolicy: { Name: 'no' },
    });
    expect(HostConfig.Tmpfs['/run']).toContain(`uid=${firstUid + 3}`);
    expect(JSON.stringify(Labels)).not.toContain('secret');
    expect(Env).toContain('JOH_MEMORY_BYTES=536870912');
  });

  it('has a root of which a store of Nix alone can be written, where the image has one', () => {
    const { HostConfig } = containerRequest(spec, { ...options, hasNix: true });
    expect(HostConfig).toMatchObject({ ReadonlyRootfs: false, CapDrop: ['ALL'] });
    const readonly = (HostConfig as { ReadonlyPaths?: readonly string[] }).ReadonlyPaths;
    // Docker's own list is replaced by what is asked.
    expect(readonly).toEqual(expect.arrayContaining(['/proc/sys', '/etc', '/usr', '/var', '/opt']));
    for (const path of ['/nix', '/work', '/tmp', '/run']) expect(readonly).not.toContain(path);
    expect(HostConfig.Mounts.map(({ Target }) => Target)).toEqual(['/home/joh', '/work']);
  });

  it('names a container for its installation', () => {
    expect(containerName('one', id)).not.toBe(containerName('two', id));
  });

  it('gives the lowest free user, and none when all are held', () => {
    expect(freeSlot(new Set())).toBe(0);
    expect(freeSlot(new Set([0, 1, 3]))).toBe(2);
    expect(freeSlot(new Set(Array.from({ length: slots }, (_, slot) => slot)))).toBeNull();
  });
});

describe('what Docker answers', () => {
  const event = (Action: string, Attributes: object) =>
    eventOf(JSON.stringify({ Type: 'container', Action, Actor: { Attributes } }), node);

  it('reads the events of our containers, and nothing else', () => {
    const ours = { 'joh.container': id, 'joh.class': 'burst' };
    expect(event('die', ours)).toEqual({ type: 'exited', container: id, node });
    expect(event('start', ours)?.type).toBe('started');
    expect(event('destroy', ours)?.type).toBe('destroyed');
    expect(event('exec_start: sh', ours)).toBeNull();
    expect(event('constructor', ours)).toBeNull();
    expect(event('die', {})).toBeNull();
    expect(event('die', { 'joh.container': '../../etc' })).toBeNull();
    expect(eventOf('{"half', node)).toBeNull();
  });

  it('reads our labels', () => {
    const ours = { 'joh.container': id, 'joh.class': 'burst' };
    expect(labelled(ours)).toEqual({ id, class: 'burst', image: null });
    expect(labelled({ ...ours, 'joh.image': 'joh:1' })?.image).toBe('joh:1');
    expect(labelled({ 'com.example': 'x' })).toBeNull();
  });

  it('tells a registry that says no from one that does not answer', () => {
    const code = (words: string) => pullFault(words, 'r:1/joh:1', 'node1').code;
    expect(code('manifest for r:1/joh:1 not found: manifest unknown')).toBe('E_ENGINE_REFUSED');
    expect(code('denied: requested access to the resource is denied')).toBe('E_ENGINE_REFUSED');
    expect(code('Get "https://r:1/v2/": dial tcp r:1: connect: no route to host')).toBe(
      'E_ENGINE_UNREACHABLE',
    );
    expect(code('Get "https://r:1/v2/": net/http: TLS handshake timeout')).toBe(
      'E_ENGINE_UNREACHABLE',
    );
  });

  it('says why a container ended', () => {
    const ended = { Status: 'exited', ExitCode: 0, OOMKilled: false, Error: '' };
    const reason = (change: Partial<typeof ended>) => reasonOf({ State: { ...ended, ...change } });
    expect(reason({})).toBe('Its first process ended with code 0.');
    expect(reason({ ExitCode: 137 })).toBe('Its first process was killed by signal 9.');
    expect(reason({ ExitCode: 137, OOMKilled: true })).toBe('It ran out of memory.');
    expect(reason({ Status: 'created' })).toBe('It was never started.');
    expect(reason({ Error: 'exec /init: no such file' })).toContain('exec /init');
  });
});
