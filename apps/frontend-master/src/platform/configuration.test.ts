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

  it.each([
    ['postgres://joh:hunter2@db/joh', 'postgres://joh:***@db/joh'],
    ['postgres://joh:p%40ss@w@db/joh', 'postgres://joh:***@db/joh'],
    ['postgres:///joh?user=a&password=hunter2', 'postgres:///joh?user=a&password=***'],
  ])('prints %s without its password', (url, shown) => {
    const lines = describeConfiguration(readConfiguration({ DATABASE_URL: url }));
    expect(lines).toContain(`DATABASE_URL=${shown}  # environment`);
  });
});
