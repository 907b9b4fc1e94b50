import { describe, expect, it } from 'vitest';
import { frontendAt } from './cloud.ts';

describe('the address of a FrontendMaster', () => {
  it('is an origin; what the user leaves out is https', () => {
    expect(frontendAt('joy.example.org')).toBe('https://joy.example.org');
    expect(frontendAt('https://joy.example.org/projects?x#y')).toBe('https://joy.example.org');
    expect(frontendAt('http://127.0.0.1:8787')).toBe('http://127.0.0.1:8787');
  });

  it('is refused in clear, with a password in it, and when it is none', () => {
    const addresses = [
      'http://joy.example.org',
      'https://a:b@joy.example.org',
      'ftp://x',
      '',
      'a b',
    ];
    for (const address of addresses) {
      expect(() => frontendAt(address)).toThrow(
        expect.objectContaining({ code: 'E_REQUEST_INVALID' }),
      );
    }
  });
});
