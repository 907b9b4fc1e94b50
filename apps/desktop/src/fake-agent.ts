/**
 * An agent without an IDE: it keeps the contract of `packages/protocol/src/desktop.ts` and serves pages
 * that say where they are. `JOH_FAKE_AGENT` names its sin: `deaf` hears neither the end of its input nor
 * SIGTERM, `dying` ends at once, `lying` has another's proof, `failing` says why it cannot go on, `busy`
 * computes for ever once a page asked it to. Its page `/folder/closing` closes itself.
 */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { agentLine, desktopStart, shellLine } from '@joh/protocol';

const sin = process.env.JOH_FAKE_AGENT ?? '';
const heard: unknown[] = [];
const pages: string[] = [];
let first = '';

const say = (line: unknown) => process.stdout.write(`${JSON.stringify(agentLine.parse(line))}\n`);

const page = (path: string) => `<!doctype html><title>fake ${path}</title>
<body style="background:#1e1d1b;color:#e6dfd6;font:16px sans-serif"><h1>fake agent</h1>
<p id=path>${path}</p><p id=token></p><textarea id=text></textarea>
<a id=outside href="https://example.org/manual" target=_blank>outside</a>
<script>document.getElementById('token').textContent=location.hash.slice(3,67);history.replaceState(null,'',location.pathname);
if(location.pathname==='/folder/closing')onload=()=>close()</script>`;

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
  if (request.method === 'POST') {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      if (path === '/say') say(JSON.parse(body));
      response.end();
      if (path === '/busy') for (;;);
    });
    return;
  }
  const about = { pid: process.pid, folder: first, heard, pages };
  if (path !== '/about') pages.push(path);
  if (path === '/about') response.setHeader('content-type', 'application/json');
  else response.setHeader('content-type', 'text/html');
  response.end(path === '/about' ? JSON.stringify(about) : page(path));
});

function start(line: string): void {
  const { secret, port, folder } = desktopStart.parse(JSON.parse(line));
  first = folder ?? '';
  if (sin === 'dying') process.exit(3);
  if (sin === 'failing') {
    say({ failed: { code: 'E_DESKTOP', message: 'The folder of settings cannot be written.' } });
    process.exit(1);
  }
  server.on('error', () => server.listen(0, '127.0.0.1'));
  server.on('listening', () => {
    const address = server.address();
    const bound = typeof address === 'object' && address ? address.port : 0;
    const key = sin === 'lying' ? '0'.repeat(64) : secret;
    const proof = createHmac('sha256', key).update(`port:${bound}`).digest('hex');
    say({ ready: { port: bound, proof } });
  });
  server.listen(port, '127.0.0.1');
}

function hear(line: string): void {
  const said = shellLine.parse(JSON.parse(line));
  heard.push(said);
  process.stderr.write(`heard ${line}\n`);
  if ('closing' in said && sin !== 'deaf') say({ closed: said.closing });
  if ('open' in said) {
    const path = `/folder/${said.open.folder.split('/').at(-1)}`;
    say({ request: { id: 1000 + heard.length, page: '/', kind: 'new-window', path } });
  }
}

const lines = createInterface({ input: process.stdin });
lines.once('line', (line) => {
  start(line);
  lines.on('line', hear);
});
lines.on('close', () => {
  if (sin !== 'deaf') process.exit(0);
});
if (sin === 'deaf') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
}
process.stderr.write('fake agent: started\n');
