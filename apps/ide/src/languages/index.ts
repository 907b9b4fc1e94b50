/** Languages: highlighting in the page, everything else by the agent's language servers. */
import { ExtensionHostKind, registerExtension } from '@codingame/monaco-vscode-api/extensions';
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import {
  CustomSchemas,
  RegisteredMemoryFile,
  registerExtensionFile,
} from '@codingame/monaco-vscode-files-service-override';
import type { LanguageServer } from '@joh/protocol';
import type { Feature, Ide } from '../workbench/feature.ts';
import { contributes, languages as known, languageConfiguration } from './grammars.ts';

export const languages: Feature = {
  register() {
    const extension = registerExtension(
      {
        name: 'languages',
        publisher: 'joy-of-hardware',
        version: '1.0.0',
        engines: { vscode: '*' },
        contributes,
      },
      ExtensionHostKind.LocalProcess,
      { system: true },
    );
    for (const language of known) {
      extension.registerFileUrl(`./${language.id}-grammar.json`, language.grammarUrl);
      registerExtensionFile(
        new RegisteredMemoryFile(
          URI.from({
            scheme: CustomSchemas.extensionFile,
            authority: extension.id,
            path: `/extension/${language.id}-configuration.json`,
          }),
          JSON.stringify(languageConfiguration(language)),
        ),
      );
    }
  },
  async activate(ide) {
    const { servers } = await ide.agent.call('languages.list', {});
    startWhenNeeded(ide, servers);
  },
};

/** A server starts with the first file of one of its languages. */
function startWhenNeeded(ide: Ide, servers: LanguageServer[]): void {
  const { workspace, languages: api } = ide.vscode;
  const waiting = new Set(servers);
  const start = (languageId: string, scheme: string) => {
    if (scheme !== 'file') return;
    for (const server of waiting) {
      if (!server.languages.includes(languageId)) continue;
      waiting.delete(server);
      startServer(ide, server).catch((error: unknown) => {
        ide.report(error);
      });
    }
  };
  for (const { languageId, uri } of workspace.textDocuments) start(languageId, uri.scheme);
  workspace.onDidOpenTextDocument(({ languageId, uri }) => start(languageId, uri.scheme));
  showServers(ide, api, servers);
}

async function startServer({ agent }: Ide, server: LanguageServer): Promise<void> {
  const { startClient } = await import('./client.ts');
  await startClient({ server, connect: () => agent.language(server.id) });
}

/** Behind the braces in the status bar: which server answers for this file, and whose it is. */
function showServers(ide: Ide, api: Ide['vscode']['languages'], servers: LanguageServer[]): void {
  for (const { id, title, languages: ids, origin } of servers) {
    const item = api.createLanguageStatusItem(
      `joh.language.${id}`,
      ids.map((language) => ({ scheme: 'file', language })),
    );
    item.name = 'Language server';
    item.text = title;
    item.detail = origin === 'shell' ? "from the project's shell" : 'built in';
    item.severity = ide.vscode.LanguageStatusSeverity.Information;
  }
}
