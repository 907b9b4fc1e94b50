/** Starts VS Code's workbench over the session. */
import { getService, IStorageService, initialize, LogLevel } from '@codingame/monaco-vscode-api';
import {
  ExtensionHostKind,
  type IExtensionContributions,
  type IExtensionManifest,
  registerExtension,
} from '@codingame/monaco-vscode-api/extensions';
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import type { ITerminalBackend } from '@codingame/monaco-vscode-api/vscode/vs/platform/terminal/common/terminal';
import { createIndexedDBProviders } from '@codingame/monaco-vscode-files-service-override';
import 'vscode/localExtensionHost';
import './workbench.css';
import type { Clock } from '@joh/clock';
import type * as vscode from 'vscode';
import { markVisited } from '../boot/visited.ts';
import { openFolder } from '../desktop/open-folder.ts';
import { registerUserData } from '../explorer/index.ts';
import { settingDefaults } from './configuration.ts';
import type { Page } from './feature.ts';
import { followMovedProject } from './moved-project.ts';
import { registerWorkers } from './workers.ts';

export interface StartOptions {
  page: Page;
  container: HTMLElement;
  contributions: IExtensionContributions[];
  terminals: ITerminalBackend;
  /** Shown when nothing is remembered of this project. */
  firstFile: string | null;
}

/** Resolves with the extension API once the workbench shows. */
export async function startWorkbench(options: StartOptions): Promise<typeof vscode> {
  const { page, container, terminals, firstFile } = options;
  registerWorkers();
  const [{ workbenchServices }] = await Promise.all([import('./services.ts'), keepUserData(page)]);
  const extension = registerExtension(
    manifest(options.contributions),
    ExtensionHostKind.LocalProcess,
    { system: true },
  );
  const { desktop } = page;
  const { id, title } = page.project;
  // A folder of the desktop is what it is by its path.
  if (!desktop) {
    const places = { storage: page.storage, databases: indexedDB };
    await followMovedProject({ workspaceId: id, root: page.root, ...places });
  }
  const isTrusted = desktop?.folder?.isTrusted ?? true;
  performance.mark('joh-services');
  await initialize(
    workbenchServices(terminals, page),
    container,
    {
      // What is off is off in the agent; VS Code shows it, asks, and leaves out the folder's own settings.
      enableWorkspaceTrust: !isTrusted,
      workspaceProvider: {
        trusted: isTrusted,
        // By project: two projects may have the same path in their containers, and unsaved text of
        // one must never appear in the other.
        workspace: { folderUri: URI.file(page.root), id },
        open: desktop ? openFolder(page, desktop) : async () => false,
      },
      developmentOptions: { logLevel: LogLevel.Warning },
      configurationDefaults: {
        ...settingDefaults,
        'window.title': titleOf(title),
      },
      defaultLayout: {
        editors: firstFile ? [{ uri: URI.file(firstFile), openOnlyIfExists: true }] : [],
        // A terminal runs what the folder's shell says.
        views: [{ id: 'workbench.explorer.fileView' }, ...(isTrusted ? [{ id: 'terminal' }] : [])],
      },
      productConfiguration: {
        nameShort: 'Joy of Hardware',
        nameLong: 'Joy of Hardware',
        applicationName: 'joy-of-hardware',
        enableTelemetry: false,
      },
    },
    { userHome: URI.file(desktop?.folder ? desktop.home : '/home') },
  );
  performance.mark('joh-initialized');
  await keepLayout(page.clock, () => markVisited(page.storage, id));
  return extension.getApi();
}

/** Settings, keys and unsaved text; in a private window of a browser they live in memory. */
async function keepUserData({ desktop }: Page): Promise<void> {
  if (desktop) registerUserData({ agent: desktop.agent, folder: desktop.userData });
  else await createIndexedDBProviders().catch(() => undefined);
}

/** In the words of VS Code's `window.title`. */
function titleOf(project: string): string {
  const part = (name: string) => `$\{${name}}`;
  return `${part('dirty')}${part('activeEditorShort')}${part('separator')}${project}${part('separator')}${part('appName')}`;
}

function manifest(contributions: IExtensionContributions[]): IExtensionManifest {
  return {
    name: 'joh',
    publisher: 'joy-of-hardware',
    displayName: 'Joy of Hardware',
    version: '1.0.0',
    engines: { vscode: '*' },
    enabledApiProposals: [
      'textSearchProvider',
      'textSearchProvider2',
      'fileSearchProvider',
      'fileSearchProvider2',
      'scmActionButton',
    ],
    contributes: merge(contributions),
  };
}

/** Lists are joined; `menus` are lists by name. */
function merge(parts: IExtensionContributions[]): IExtensionContributions {
  const joined: Record<string, unknown> = {};
  for (const part of parts)
    for (const [point, value] of Object.entries(part)) {
      const before = joined[point];
      if (Array.isArray(before) && Array.isArray(value)) joined[point] = [...before, ...value];
      else if (point === 'menus' && before)
        joined[point] = mergeMenus(before as Menus, value as Menus);
      else joined[point] = value;
    }
  return joined as IExtensionContributions;
}
type Menus = Record<string, unknown[]>;
function mergeMenus(a: Menus, b: Menus): Menus {
  const menus = { ...a };
  for (const [name, items] of Object.entries(b)) menus[name] = [...(menus[name] ?? []), ...items];
  return menus;
}

/** Layout is stored on a timer (seconds); a page that is hidden or left stores it at once. */
async function keepLayout(clock: Clock, onKept: () => void): Promise<void> {
  const storage = await getService(IStorageService);
  const flushSoon = () => void storage.flush().catch(() => undefined);
  document.addEventListener('visibilitychange', flushSoon);
  window.addEventListener('pagehide', flushSoon);
  const tick = () => storage.flush().then(onKept);
  clock.every(2_000, tick, new AbortController().signal, () => undefined);
}
