import { poolWish } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { describeSilence } from './node-arrival.ts';
import { changedWish } from './pool.ts';

describe('joh pool set', () => {
  const wish = poolWish.parse({
    classes: { standard: { warm: 2, max: 4 } },
    nodes: { n1: { burst: { warm: 1, max: 1 } } },
    image: 'r:1/a',
  });

  it('changes what is named and leaves the rest', () => {
    expect(changedWish(wish, ['burst=4/20'], {})).toEqual({
      ...wish,
      classes: { standard: { warm: 2, max: 4 }, burst: { warm: 4, max: 20 } },
    });
    expect(changedWish(wish, ['standard=auto'], { refill: '13' })).toEqual({
      ...wish,
      ...{ classes: {}, refillPerMinute: 13 },
    });
    expect(changedWish(wish, [], { image: 'auto' }).image).toBeNull();
    const own = changedWish(wish, ['standard=1/1'], { node: 'n2' });
    expect(own.nodes).toEqual({ ...wish.nodes, n2: { standard: { warm: 1, max: 1 } } });
    expect(own.classes).toEqual(wish.classes);
    expect(changedWish(wish, ['burst=auto'], { node: 'n1' }).nodes).toEqual({});
  });

  it.each([
    [['standard=2'], {}, 'standard=2: use <class>=<warm>/<most>'],
    [['huge=1/1'], {}, 'huge=1/1: use'],
    [['burst=3/2'], {}, 'classes.burst: more are wanted warm than there may be'],
    [[], { refill: 'many' }, 'refillPerMinute'],
    [[], { image: 'no image!' }, 'image: use <name>'],
    [['burst=1/1'], { node: 'No Node' }, 'nodes'],
  ])('refuses %j %j', (classes, options, reason) => {
    expect(() => changedWish(wish, classes, options)).toThrow(reason);
  });
});

it('a node that is silent is told with why, and that it is tried again', () => {
  const reason = 'Docker of n1 (10.0.0.7:2376): no daemon listens there. Start Docker on the node.';
  expect(describeSilence('n1', reason)).toContain(reason);
  expect(describeSilence('n1', null)).toContain('Check that Docker runs on it');
});
