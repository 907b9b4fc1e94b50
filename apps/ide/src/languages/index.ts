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
    const show = createServers(ide);
    show((await ide.agent.call('languages.list', {})).servers);
    let shell: string | null | undefined;
    ide.agent.onNotice('shell.changed', (state) => {
      if (state.phase !== 'ready' || state.shell === shell) return;
      shell = state.shell;
      ide.agent.call('languages.list', {}).then(({ servers }) => show(servers), ide.report);
    });
  },
};

/** A server that is not here any more is stopped; another starts with the first file of its languages. */
function createServers(ide: Ide): (servers: readonly LanguageServer[]) => void {
  const { workspace } = ide.vscode;
  const running = new Map<string, Promise<() => Promise<void>>>();
  let offered: readonly LanguageServer[] = [];
  let items: { dispose(): void }[] = [];
  const start = (languageId: string, scheme: string) => {
    if (scheme !== 'file') return;
    for (const server of offered) {
      if (!server.languages.includes(languageId) || running.has(server.id)) continue;
      const started = startServer(ide, server);
      running.set(server.id, started);
      started.catch(ide.report);
    }
  };
  workspace.onDidOpenTextDocument(({ languageId, uri }) => start(languageId, uri.scheme));
  return (servers) => {
    offered = servers;
    for (const [id, started] of running) {
      if (servers.some((server) => server.id === id)) continue;
      running.delete(id);
      started.then((stop) => stop()).catch(() => undefined);
    }
    for (const item of items) item.dispose();
    items = showServers(ide, servers);
    for (const { languageId, uri } of workspace.textDocuments) start(languageId, uri.scheme);
  };
}

async function startServer({ agent }: Ide, server: LanguageServer): Promise<() => Promise<void>> {
  const { startClient } = await import('./client.ts');
  return startClient({ server, connect: () => agent.language(server.id) });
}

/** Behind the braces in the status bar: which server answers for this file, and whose it is. */
function showServers({ vscode }: Ide, servers: readonly LanguageServer[]) {
  return servers.map(({ id, title, languages: ids, origin }) => {
    const item = vscode.languages.createLanguageStatusItem(
      `joh.language.${id}`,
      ids.map((language) => ({ scheme: 'file', language })),
    );
    item.name = 'Language server';
    item.text = title;
    item.detail = origin === 'shell' ? "from the project's shell" : 'built in';
    item.severity = vscode.LanguageStatusSeverity.Information;
    return item;
  });
}
