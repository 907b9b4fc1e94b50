import { expect, it } from 'vitest';
import { takeSecret } from './secret.ts';

const secret = 'a1'.repeat(32);

function windowAt(hash: string, kept: Record<string, string> = {}) {
  const replaced: (string | URL | null | undefined)[] = [];
  return {
    replaced,
    kept,
    location: { hash, pathname: '/folder/ab', search: '' },
    history: {
      replaceState: (_: unknown, __: string, url?: string | URL | null) => replaced.push(url),
    },
    storage: {
      getItem: (name: string) => kept[name] ?? null,
      setItem: (name: string, value: string) => {
        kept[name] = value;
      },
    },
  };
}

it('takes the secret off the address and keeps it for this window', () => {
  const first = windowAt(`#t=${secret}`);
  expect(takeSecret(first)).toBe(secret);
  expect(first.replaced).toEqual(['/folder/ab']);
  expect(takeSecret(windowAt('', first.kept))).toBe(secret);
});

it('takes nothing else for one', () => {
  for (const hash of ['', '#t=short', `#t=${secret}0`, `#x&t=${secret}`]) {
    const one = windowAt(hash);
    expect(takeSecret(one)).toBeNull();
    expect(one.replaced).toEqual([]);
  }
});
