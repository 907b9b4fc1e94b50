import { describe, expect, it } from 'vitest';
import { isServedAt, parseHostNames, urlAt } from './host-names.ts';

describe('host names', () => {
  const names = { site: 'joy.example', git: 'git.joy.example', cache: 'cache.joy.example' };

  it('are read from one setting, and from nothing else', () => {
    const text = 'site=joy.example, git=git.joy.example,cache=cache.joy.example';
    expect(parseHostNames(text)).toEqual(names);
    for (const wrong of ['', 'joy.example', 'site=', 'site=Joy', 'site=a:1', 'mail=a', 'site=a,'])
      expect(parseHostNames(wrong)).toBeNull();
  });

  it('keep pages and sign-in at one origin', () => {
    const served = (host: string | undefined, path: string) => isServedAt(names, host, path);
    expect(served('git.joy.example', '/git/ada/blinky.git/info/refs')).toBe(true);
    expect(served('GIT.joy.example:443', '/git/a')).toBe(true);
    expect(served('git.joy.example', '/projects')).toBe(false);
    expect(served('git.joy.example', '/cache/a')).toBe(false);
    expect(served('cache.joy.example', '/api/sessions')).toBe(false);
    expect(served('cache.joy.example', '/cache/a/nix-cache-info')).toBe(true);
    expect(served('joy.example', '/git/a')).toBe(true);
    // Health checks and containers come by address.
    expect(served('10.0.0.1:8787', '/healthz')).toBe(true);
    expect(served(undefined, '/healthz')).toBe(true);
    expect(isServedAt({}, 'anything.example', '/projects')).toBe(true);
  });

  it('may share one name', () => {
    const shared = { site: 'joy.example', git: 'joy.example' };
    expect(isServedAt(shared, 'joy.example', '/projects')).toBe(true);
    const both = { git: 'x.example', cache: 'x.example' };
    expect(['/git/a', '/cache/a', '/a'].map((path) => isServedAt(both, 'x.example', path))).toEqual(
      [true, true, false],
    );
  });

  it('make the addresses that people are shown', () => {
    expect(urlAt('https://joy.example', names, 'git')).toBe('https://git.joy.example');
    expect(urlAt('http://joy.example:8080', names, 'cache')).toBe('http://cache.joy.example:8080');
    expect(urlAt('https://joy.example', {}, 'git')).toBe('https://joy.example');
  });
});
