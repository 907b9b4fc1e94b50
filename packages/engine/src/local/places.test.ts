import type { ContainerId } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { keeperCommand, keeperEnvironment } from './keeper.ts';
import { placesOf } from './places.ts';

const id = `container_${'a'.repeat(26)}` as ContainerId;

describe('places of a container', () => {
  it('keeps everything in its folder', () => {
    const places = placesOf('/srv/joh/data', '/tmp', id);
    expect(places.folder).toBe(`/srv/joh/data/containers/${id}`);
    expect(places.ptyHost).toBe(`${places.folder}/run/pty-host.sock`);
  });

  it('moves the sockets where a deep data directory leaves no room for their path', () => {
    for (const data of ['/srv', `/home/${'d'.repeat(30)}`, `/home/${'d'.repeat(200)}`]) {
      expect(Buffer.byteLength(placesOf(data, '/tmp', id).ptyHost)).toBeLessThanOrEqual(107);
    }
    const [one, two] = ['a', 'b'].map((name) => placesOf(`/${name.repeat(99)}`, '/tmp', id).run);
    expect(one).toMatch(/^\/tmp\/joh-/);
    expect(one).not.toBe(two);
  });
});

describe('keeper', () => {
  const places = placesOf('/srv/joh/data', '/tmp', id);
  const options = {
    places,
    node: '/usr/bin/node',
    agent: '/srv/agent',
    environment: { PATH: '/bin', DATABASE_URL: 'postgres://secret@host/joh', LC_ALL: 'C' },
  };
  const spec = { id, resources: { cores: 1, memoryBytes: 512 } };
  const given = { JOH_CONTAINER_ID: id, JOH_BOOT_TOKEN: 'boot-secret' };

  it("passes on neither the boot token nor FrontendMaster's own secrets", () => {
    const environment = keeperEnvironment(options, spec, given);
    const all = JSON.stringify([environment, keeperCommand(options)]);
    expect(all).not.toContain('secret');
    expect(environment).toMatchObject({ PATH: '/bin', LC_ALL: 'C', HOME: places.home });
    expect(environment.JOH_BOOT_TOKEN_FILE).toBe(places.bootToken);
  });
});
