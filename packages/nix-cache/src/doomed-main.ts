/** A cache that kills itself at a step; for tests. Parameters: folder, step or nothing. */

import { serveCache } from './served-cache.ts';
import { hashPartOf } from './store-path.ts';

const [folder = '', doom = ''] = process.argv.slice(2);
const served = await serveCache(folder, {
  onStep(step) {
    // SIGKILL: nothing is flushed, no handler runs.
    if (step === doom) process.kill(process.pid, 'SIGKILL');
  },
});
process.send?.({ port: served.port, secret: served.token('ada') });
process.on('message', (message: { collect: string[] }) => {
  for (const name of message.collect)
    served.cache.database.run('insert into roots values (?, ?, 0)', 'ada', hashPartOf(name));
  void served.cache
    .collect({ namespace: 'ada', policy: { usedSince: Number.MAX_SAFE_INTEGER } })
    .then((collected) => process.send?.(collected));
});
process.on('disconnect', () => process.exit());
