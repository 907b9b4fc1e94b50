/** The language server as a process: the protocol on stdin and stdout. */
import { setFlagsFromString } from 'node:v8';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { loadGrammar } from './grammar.ts';
import { locateGrammarFiles } from './grammar-files.ts';
import { stopTools } from './lint/tool.ts';
import { createServer } from './server.ts';

// The parser's lexer is one huge function: optimizing it takes 0.3 s of processor and 50 MB, and a project of
// 3.5 MB is not read any faster for it.
for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering']) setFlagsFromString(flag);

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
