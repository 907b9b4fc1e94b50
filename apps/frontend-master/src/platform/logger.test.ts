import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';

it('leaves secrets out of the log', () => {
  let text = '';
  const destination = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const log = createLogger({ level: 'info', destination });
  log.info({ token: 'hidden1', headers: { cookie: 'hidden2', 'set-cookie': 'hidden3' } }, 'one');
  log.info(
    { request: { headers: { authorization: 'hidden4' } }, body: { password: 'hidden5' } },
    'two',
  );
  log.info({ prepare: { gitToken: 'hidden6', ticketKey: 'hidden7', project: 'shown' } }, 'three');
  expect(text).not.toContain('hidden');
  expect(text).toContain('shown');
  expect(text.match(/\[secret\]/g)).toHaveLength(7);
});
