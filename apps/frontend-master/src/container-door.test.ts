import { createFakeEngine, type Engine } from '@joh/engine';
import { fault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { describe, expect, it } from 'vitest';
import { createLogger } from '#platform';
import { createContainerDoor, doorAddress } from './container-door.ts';

describe('the door of the containers', () => {
  const open = (frontendReach: Engine['frontendReach'], configured?: string) => {
    const clock = fakeClock();
    const listened: { prefixes: readonly string[]; host: string; port: number }[] = [];
    const door = createContainerDoor({
      engine: { ...createFakeEngine({ clock }), frontendReach },
      http: {
        listenFor: async (prefixes, address) => {
          listened.push({ prefixes, ...address });
          return address.port;
        },
      },
      ...{ configured, port: () => 8787, clock },
      logger: createLogger({ level: 'silent' }),
    });
    return { door, listened, clock };
  };

  it('is FM’s own address where containers share its network', async () => {
    const { door, listened } = open(async () => ({ reach: 'loopback' }));
    expect(() => door.url()).toThrow('it has not answered since the start');
    await door.open('0.0.0.0');
    expect(door.url()).toBe('http://127.0.0.1:8787');
    expect(listened).toEqual([]);
  });

  it('is on the bridge of one machine, for what containers use alone', async () => {
    const { door, listened } = open(async () => ({ reach: 'address', host: '172.18.0.1' }));
    await door.open('127.0.0.1');
    expect(door.url()).toBe('http://172.18.0.1:8787');
    expect(listened).toMatchObject([{ host: '172.18.0.1', port: 8787 }]);
    const [{ prefixes } = { prefixes: [] }] = listened;
    expect(prefixes).toEqual(expect.arrayContaining(['/agent/control', '/git/']));
    expect(prefixes.some((one) => one === '/' || /^\/(api|nodes)/.test(one))).toBe(false);
  });

  it('is where the configuration says, for joining machines too, and no engine is asked', async () => {
    const reach = () => Promise.reject(new Error('asked'));
    const { door, listened } = open(reach, 'http://10.0.0.1:8788');
    await door.open('127.0.0.1');
    expect(door.url()).toBe('http://10.0.0.1:8788');
    expect(listened[0]).toMatchObject({ host: '10.0.0.1', port: 8788 });
    expect(listened[0]?.prefixes).toContain('/nodes/join.sh');
    // Listened on already: a second listener would find the address in use.
    const own = open(reach, 'http://10.0.0.1:8787');
    await own.door.open('0.0.0.0');
    expect(own.listened).toEqual([]);
  });

  it('is missing where containers run on other machines, which FM says at once', async () => {
    const { door } = open(async () => ({ reach: 'elsewhere' }));
    await expect(door.open('127.0.0.1')).rejects.toThrow('set JOH_DOOR');
  });

  it('opens as soon as an engine that was silent answers', async () => {
    let asked = 0;
    const { door, clock } = open(async () => {
      asked += 1;
      if (asked === 1) throw fault('E_ENGINE_UNREACHABLE', { reason: 'no socket' });
      return { reach: 'loopback' };
    });
    await door.open('127.0.0.1');
    expect(() => door.url()).toThrow();
    await clock.advance(5_000);
    expect(door.url()).toBe('http://127.0.0.1:8787');
    door.close();
  });
});

it('an address in brackets is one of IPv6', () => {
  expect(doorAddress('http://[fd00::1]:8788')).toEqual({ host: 'fd00::1', port: 8788 });
  expect(doorAddress('http://10.0.0.1:80')).toEqual({ host: '10.0.0.1', port: 80 });
});
