import { describe, expect, it } from 'vitest';
import { describeConfiguration, readConfiguration } from './configuration.ts';

describe('configuration', () => {
  it('has defaults that bind to loopback', () => {
    const { values, origins } = readConfiguration({});
    expect(values).toMatchObject({ JOH_HOST: '127.0.0.1', JOH_PORT: 8787, JOH_ENGINE: 'local' });
    expect(values.JOH_DATA).toMatch(/^\/.*\/data$/);
    expect(origins.JOH_PORT).toBe('default');
  });

  it('takes the environment and says so', () => {
    const read = readConfiguration({ JOH_PORT: '9000', JOH_LOG: '' });
    expect(read.values.JOH_PORT).toBe(9000);
    expect(read.origins).toMatchObject({ JOH_PORT: 'environment', JOH_LOG: 'default' });
  });

  it('names every variable that is wrong', () => {
    const read = () => readConfiguration({ JOH_PORT: 'many', JOH_ENGINE: 'kubernetes' });
    expect(read).toThrow(/JOH_PORT: /);
    expect(read).toThrow(/JOH_ENGINE: use local, docker/);
    expect(() => readConfiguration({ JOH_POOL: 'standard=2' })).toThrow(/JOH_POOL: use <class>=/);
  });

  it('shows no secret, and knows an address from a name', () => {
    const environment = {
      JOH_METRICS_TOKEN: 'a-token-for-a-scraper',
      JOH_TRUSTED_PROXY: '127.0.0.1',
    };
    const lines = describeConfiguration(readConfiguration(environment));
    expect(lines).toContain('JOH_METRICS_TOKEN=***  # environment');
    expect(lines).toContain('JOH_TRUSTED_PROXY=127.0.0.1  # environment');
    expect(() => readConfiguration({ JOH_TRUSTED_PROXY: 'localhost' })).toThrow(
      /JOH_TRUSTED_PROXY/,
    );
  });

  it('makes the site of the host names the address that users see', () => {
    const names = 'site=joy.example,git=git.joy.example,cache=cache.joy.example';
    expect(readConfiguration({ JOH_HOST_NAMES: names }).values.JOH_PUBLIC_URL).toBe(
      'https://joy.example',
    );
    const own = { JOH_HOST_NAMES: names, JOH_PUBLIC_URL: 'http://joy.example:8080' };
    expect(readConfiguration(own).values.JOH_PUBLIC_URL).toBe(own.JOH_PUBLIC_URL);
  });

  it.each([
    [{ JOH_ENGINE: 'swarm' }, /JOH_DOOR: the containers of a Swarm run on other machines/],
    [{ JOH_ENGINE: 'docker', DOCKER_HOST: 'none' }, /JOH_DOOR: without a node on this machine/],
    [{ DOCKER_HOST: 'none', JOH_DOOR: 'http://10.0.0.1:1' }, /DOCKER_HOST: none is for/],
    [{ JOH_DOOR: 'https://10.0.0.1:1' }, /JOH_DOOR: use http:/],
    [{ JOH_DOOR: 'http://10.0.0.1' }, /JOH_DOOR: use http:/],
    [{ JOH_REGISTRY: 'registry' }, /JOH_REGISTRY: use <host>:<port>/],
    [{ JOH_HOST_NAMES: 'joy.example' }, /JOH_HOST_NAMES: use site=/],
    [
      { JOH_HOST_NAMES: 'site=joy.example', JOH_PUBLIC_URL: 'https://other.example' },
      /JOH_PUBLIC_URL: its host is another one/,
    ],
  ])('refuses %j', (environment, reason) => {
    expect(() => readConfiguration(environment as Record<string, string>)).toThrow(reason);
  });

  it.each([
    ['postgres://joh:hunter2@db/joh', 'postgres://joh:***@db/joh'],
    ['postgres://joh:p%40ss@w@db/joh', 'postgres://joh:***@db/joh'],
    ['postgres:///joh?user=a&password=hunter2', 'postgres:///joh?user=a&password=***'],
  ])('prints %s without its password', (url, shown) => {
    const lines = describeConfiguration(readConfiguration({ DATABASE_URL: url }));
    expect(lines).toContain(`DATABASE_URL=${shown}  # environment`);
  });
});
