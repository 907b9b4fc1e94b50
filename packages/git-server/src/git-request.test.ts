import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCgiHead } from './cgi-head.ts';
import { parseGitRequest } from './git-request.ts';

describe('git request', () => {
  it.each([
    ['GET', '/git/ada/blinky.git/info/refs?service=git-upload-pack', 'read'],
    ['GET', '/git/ada/blinky/info/refs?service=git-receive-pack', 'write'],
    ['POST', '/git/ada/blinky.git/git-upload-pack', 'read'],
    ['POST', '/git/ada/blinky.git/git-receive-pack', 'write'],
  ])('%s %s is a %s', (method, url, service) => {
    expect(parseGitRequest(method, url)).toMatchObject({
      owner: 'ada',
      project: 'blinky',
      service,
    });
  });

  it.each([
    ['GET', '/git/ada/blinky.git/info/refs'],
    ['GET', '/git/ada/blinky.git/info/refs?service=git-upload-archive'],
    ['POST', '/git/ada/blinky.git/info/refs?service=git-upload-pack'],
    ['GET', '/git/ada/blinky.git/git-upload-pack'],
    ['GET', '/git/ada/blinky.git/objects/info/packs'],
    ['GET', '/git/ada/blinky.git/HEAD'],
    ['GET', '/git/../blinky.git/info/refs?service=git-upload-pack'],
    ['GET', '/git/ada/..%2f..%2fetc.git/info/refs?service=git-upload-pack'],
    ['GET', '/git/ada/%2e%2e/info/refs?service=git-upload-pack'],
    ['GET', '/git/ada/x/../../info/refs?service=git-upload-pack'],
    ['GET', '/git//blinky.git/info/refs?service=git-upload-pack'],
    ['GET', '/git/ada/-x.git/info/refs?service=git-upload-pack'],
    ['POST', '/git/ada/blinky.git/git-upload-archive'],
  ])('%s %s is none', (method, url) => {
    expect(parseGitRequest(method, url)).toBeNull();
  });
});

describe('any address', () => {
  it('leads to one repository below the root, or to none', () => {
    const piece = fc.constantFrom(
      '/',
      '..',
      '.',
      'ada',
      'b',
      '.git',
      '%2e',
      '//',
      '\\',
      'info/refs',
    );
    const url = fc.array(piece, { maxLength: 12 }).map((all) => `/git/${all.join('')}`);
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST'), url, (method, address) => {
        const found = parseGitRequest(method, `${address}?service=git-upload-pack`);
        if (!found) return;
        for (const name of [found.owner, found.project])
          expect(name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
        expect(['/info/refs', '/git-upload-pack', '/git-receive-pack']).toContain(found.path);
      }),
    );
  });
});

describe('CGI head', () => {
  it('is the same however its bytes are cut', () => {
    const text = Buffer.from('Status: 403 Forbidden\r\nExpires: never\r\n\r\nbody\n\nmore');
    const whole = parseCgiHead(text);
    for (let end = 1; end < text.length; end += 1) {
      const part = parseCgiHead(text.subarray(0, end));
      if (part) expect(part).toEqual({ ...whole, rest: text.subarray(text.length - 10, end) });
    }
  });

  it('is read whatever its line ends, and leaves the body', () => {
    const head = parseCgiHead(
      Buffer.from('Status: 404 Not Found\r\nContent-Type: a/b\r\n\r\n\n\nrest'),
    );
    expect(head).toMatchObject({ status: 404, headers: [['content-type', 'a/b']] });
    expect(head?.rest.toString()).toBe('\n\nrest');
    expect(parseCgiHead(Buffer.from('A: b\n\nrest'))?.rest.toString()).toBe('rest');
  });

  it('waits for its end', () => {
    expect(parseCgiHead(Buffer.from('Status: 200 OK\r\n'))).toBeNull();
  });
});
