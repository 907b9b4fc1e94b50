import { describe, expect, it } from 'vitest';
import { linkTicket, pageSubject, readLinkTicket } from './desktop.ts';

describe('a page of the desktop', () => {
  it('is about a folder, a session, or where to begin', () => {
    expect(pageSubject('/')).toEqual({ kind: 'first' });
    expect(pageSubject('/start')).toEqual({ kind: 'start' });
    expect(pageSubject('/folder/0a')).toEqual({ kind: 'folder', id: '0a' });
    expect(pageSubject('/session/session_0123456789abcdef')).toEqual({
      kind: 'session',
      id: 'session_0123456789abcdef',
    });
  });

  it('is none with another path', () => {
    const paths = [
      '',
      'start',
      '/start/',
      '//evil.example',
      '/folder/',
      '/folder/A',
      '/folder/a/b',
      '/session/',
      '/session/a',
      '/session/session_0123456789abcdef/x',
      '/session/session_0123456789abcdef?x',
      '/session/project_0123456789abcdef',
    ];
    for (const path of paths) expect({ path, is: pageSubject(path) }).toEqual({ path, is: null });
  });
});

describe('what a page shows in a hello', () => {
  const secret = '0'.repeat(64);

  it('is the secret, alone or before something else', () => {
    expect(readLinkTicket(linkTicket(secret))).toEqual({ secret, more: '' });
    // FrontendMaster's tickets have a dot of their own.
    expect(readLinkTicket(linkTicket(secret, 'body.mac'))).toEqual({ secret, more: 'body.mac' });
    expect(readLinkTicket('')).toEqual({ secret: '', more: '' });
  });
});
