/** The language server as a process: the protocol on stdin and stdout. */
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { loadGrammar } from './grammar.ts';
import { locateGrammarFiles } from './grammar-files.ts';
import { stopTools } from './lint/tool.ts';
import { createServer } from './server.ts';

// The library ends the process when the client's end of stdin closes, and on `exit`.
process.on('exit', stopTools);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(0));
}

const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
createServer(connection, {
  loadGrammar: (files) => loadGrammar(locateGrammarFiles(files, process.env, import.meta.url)),
  env: process.env,
});
connection.listen();
