import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CancellationTokenSource, type CompletionList, type Location } from 'vscode-languageserver';
import { type Client, startClient } from './testing/client.ts';

const root = await mkdtemp(join(tmpdir(), 'hdl server (+)-'));
const sub = join(root, 'sub.sv');
const top = join(root, 'top.sv');
const header = join(root, 'defs.vh');
let client: Client;

beforeAll(async () => {
  await writeFile(sub, 'module sub(input clk, rst, output q);\nendmodule\n');
  await writeFile(header, '`define WIDTH 8\n');
  await writeFile(top, 'module top;\nendmodule\n');
  client = await startClient({ root, initializationOptions: { lint: 'none' } });
});
afterAll(async () => {
  expect(await client.close()).toBe(0);
  await rm(root, { recursive: true });
});

const at = (uri: string, line: number, character: number) => ({
  textDocument: { uri },
  position: { line, character },
});

test('a session of editing over the protocol', async () => {
  const { connection } = client;
  expect(client.initialized.capabilities).toMatchObject({
    positionEncoding: 'utf-16',
    textDocumentSync: { change: 2 },
  });
  const uri = client.open(
    top,
    '`include "defs.vh"\nmodule top;\n  sub u(.clk(c), .);\nendmodule\n',
  );
  // Waits for the index: `sub` is in another file.
  const definition = (await connection.sendRequest(
    'textDocument/definition',
    at(uri, 2, 3),
  )) as Location[];
  expect(definition).toEqual([
    {
      uri: pathToFileURL(sub).href,
      range: { start: { line: 0, character: 7 }, end: { line: 0, character: 10 } },
    },
  ]);
  const list = (await connection.sendRequest(
    'textDocument/completion',
    at(uri, 2, 18),
  )) as CompletionList;
  expect(list.items.map((item) => item.label)).toEqual(['rst', 'q']);
  const include = (await connection.sendRequest(
    'textDocument/definition',
    at(uri, 0, 12),
  )) as Location[];
  expect(include[0]?.uri).toBe(pathToFileURL(header).href);
  expect(await connection.sendRequest('textDocument/hover', at(uri, 2, 3))).toMatchObject({
    contents: { value: expect.stringContaining('| rst | input |') },
  });
  const references = (await connection.sendRequest('textDocument/references', {
    ...at(uri, 2, 3),
    context: { includeDeclaration: true },
  })) as Location[];
  expect(references.map((one) => one.uri).sort()).toEqual([pathToFileURL(sub).href, uri]);
  expect(await connection.sendRequest('workspace/symbol', { query: 'sub' })).toMatchObject([
    { name: 'sub' },
  ]);
  expect(
    await connection.sendRequest('textDocument/documentSymbol', { textDocument: { uri } }),
  ).toMatchObject([{ name: 'top' }]);
});

test('a syntax error appears while typing and goes away', async () => {
  const path = join(root, 'typed.sv');
  client.open(path, 'module typed;\n  wire a;\nendmodule\n');
  expect(await client.diagnostics(path, () => true)).toEqual([]);
  client.change(path, 'module typed;\n  wire a\nendmodule\n');
  const [error] = await client.diagnostics(path, (list) => list.length > 0);
  expect(error).toMatchObject({ severity: 1, range: { start: { line: 1 } } });
  client.change(path, 'module typed;\n  wire a;\nendmodule\n');
  await client.diagnostics(path, (list) => list.length === 0);
});

test('a file changed on disk is read again', async () => {
  const { connection } = client;
  const added = join(root, 'added.sv');
  await writeFile(added, 'module added_later; endmodule\n');
  const uri = pathToFileURL(added).href;
  const search = () => connection.sendRequest('workspace/symbol', { query: 'added_later' });
  expect(await search()).toEqual([]);
  // Clients escape more than Node does: the same file all the same.
  await connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri: uri.replace('(', '%28').replace('+', '%2B'), type: 1 }],
  });
  await expect.poll(search, { timeout: 10_000 }).toMatchObject([{ name: 'added_later' }]);
  await rm(added);
  await connection.sendNotification('workspace/didChangeWatchedFiles', {
    changes: [{ uri, type: 3 }],
  });
  await expect.poll(search, { timeout: 10_000 }).toEqual([]);
});

test('a cancelled request ends, and the next one is answered', async () => {
  const { connection } = client;
  const uri = client.open(
    join(root, 'cancel.sv'),
    'module cancel; wire a; assign a = 1; endmodule\n',
  );
  const source = new CancellationTokenSource();
  const params = { ...at(uri, 0, 20), context: { includeDeclaration: true } };
  const pending = connection.sendRequest('textDocument/references', params, source.token);
  source.cancel();
  // Cancelled before it was begun, it is an error by the protocol; after that, an answer may come.
  await pending.catch((error: { code: number }) => expect(error.code).toBe(-32_800));
  expect(await connection.sendRequest('textDocument/references', params)).toHaveLength(2);
});

test('nonsense and unknown files are answered, not died of', async () => {
  const { connection } = client;
  const unknown = pathToFileURL(join(root, 'never-opened.sv')).href;
  expect(await connection.sendRequest('textDocument/hover', at(unknown, 3, 3))).toBe(null);
  const uri = client.open(join(root, 'odd.sv'), '`define A(\\\n`A(((( "\n\u0000 module');
  expect(await connection.sendRequest('textDocument/hover', at(uri, 900, 900))).toBe(null);
  await connection.sendRequest('textDocument/completion', at(uri, 2, 9));
  await connection.sendRequest('textDocument/foldingRange', { textDocument: { uri } });
});
