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

describe('CGI head', () => {
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
