import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@joh/testkit';
import type { BenchContext } from './bench.ts';
import { requireProgram, startProgram } from './child.ts';
import { childrenOf } from './process-usage.ts';

/** One worker: one core, as FrontendMaster has. */
const configuration = (folder: string, port: number, directives: string) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port};
    ${directives}
  }
}
`;

/**
 * Starts nginx with some directives of its `server` block; it goes with the bench. Needs Debian's
 * `nginx`.
 */
export async function startNginx(
  { cleanUp }: BenchContext,
  directives: string,
): Promise<{ port: number; workerPid: number }> {
  const program = requireProgram('nginx', 'nginx');
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const port = await freePort();
  const file = join(folder.path, 'nginx.conf');
  await writeFile(file, configuration(folder.path, port, directives));
  const nginx = await startProgram(program, ['-c', file, '-p', folder.path]);
  cleanUp(nginx.end);
  const workers = waitFor(() => childrenOf(nginx.pid)[0], { what: 'nginx has a worker' });
  return { port, workerPid: await Promise.race([workers, nginx.ended]) };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
