import { systemClock } from '@joh/clock';
import { describe, expect, it } from 'vitest';
import { createEngine } from './kinds.ts';

const options = {
  clock: systemClock(),
  data: '/nowhere/data',
  installation: 'test',
  agent: '/nowhere/agent',
  nodeBinary: process.execPath,
  environment: {},
};

describe('kinds of engines', () => {
  it('makes each by its name, contacting nobody', async () => {
    for (const kind of ['local', 'docker', 'swarm', 'fake:plain', 'fake:lying', 'fake:never']) {
      const engine = createEngine(kind, options);
      expect(engine.kind).toBe(kind);
      await engine.close();
    }
    expect(createEngine('fake', options).kind).toBe('fake:plain');
  });

  it('names the kinds there are', () => {
    for (const kind of ['', 'kubernetes', 'toString', 'fake:honest', 'fake:']) {
      expect(() => createEngine(kind, options)).toThrow(/use one of/);
    }
  });
});
