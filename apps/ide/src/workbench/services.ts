/** The parts of VS Code that this product is made of. What is not listed here is not there. */
import getAccessibility from '@codingame/monaco-vscode-accessibility-service-override';
import { Event } from '@codingame/monaco-vscode-api/vscode/vs/base/common/event';
import type { ITerminalBackend } from '@codingame/monaco-vscode-api/vscode/vs/platform/terminal/common/terminal';
import getBulkEdit from '@codingame/monaco-vscode-bulk-edit-service-override';
// biome-ignore lint/suspicious/noDeprecatedImports: only a parameter that is not given is.
import getConfiguration from '@codingame/monaco-vscode-configuration-service-override';
import getDialogs from '@codingame/monaco-vscode-dialogs-service-override';
import getEnvironment from '@codingame/monaco-vscode-environment-service-override';
import getExplorer from '@codingame/monaco-vscode-explorer-service-override';
import getExtensions from '@codingame/monaco-vscode-extensions-service-override';
import getFiles from '@codingame/monaco-vscode-files-service-override';
import getKeybindings from '@codingame/monaco-vscode-keybindings-service-override';
import getLanguages from '@codingame/monaco-vscode-languages-service-override';
import getLifecycle from '@codingame/monaco-vscode-lifecycle-service-override';
// biome-ignore lint/suspicious/noDeprecatedImports: only a parameter that is not given is.
import getLog from '@codingame/monaco-vscode-log-service-override';
import getMarkers from '@codingame/monaco-vscode-markers-service-override';
import getModel from '@codingame/monaco-vscode-model-service-override';
import getMultiDiff from '@codingame/monaco-vscode-multi-diff-editor-service-override';
import getNotifications from '@codingame/monaco-vscode-notifications-service-override';
import getOutline from '@codingame/monaco-vscode-outline-service-override';
// biome-ignore lint/suspicious/noDeprecatedImports: only a parameter that is not given is.
import getOutput from '@codingame/monaco-vscode-output-service-override';
import getPreferences from '@codingame/monaco-vscode-preferences-service-override';
import getQuickAccess from '@codingame/monaco-vscode-quickaccess-service-override';
import getRemoteAgent from '@codingame/monaco-vscode-remote-agent-service-override';
import getScm from '@codingame/monaco-vscode-scm-service-override';
import getSearch from '@codingame/monaco-vscode-search-service-override';
import getSnippets from '@codingame/monaco-vscode-snippets-service-override';
import getStorage, { StorageScope } from '@codingame/monaco-vscode-storage-service-override';
import getTerminal from '@codingame/monaco-vscode-terminal-service-override';
import getTextmate from '@codingame/monaco-vscode-textmate-service-override';
import getTheme from '@codingame/monaco-vscode-theme-service-override';
import getBanner from '@codingame/monaco-vscode-view-banner-service-override';
import getStatusBar from '@codingame/monaco-vscode-view-status-bar-service-override';
import getTitleBar from '@codingame/monaco-vscode-view-title-bar-service-override';
import getWorkbench from '@codingame/monaco-vscode-workbench-service-override';
import getWorkingCopy from '@codingame/monaco-vscode-working-copy-service-override';
import getWorkspaceTrust from '@codingame/monaco-vscode-workspace-trust-service-override';
import '@codingame/monaco-vscode-theme-defaults-default-extension';
import '@codingame/monaco-vscode-theme-seti-default-extension';
import '@codingame/monaco-vscode-json-default-extension';
import '@codingame/monaco-vscode-markdown-basics-default-extension';
import '@codingame/monaco-vscode-search-result-default-extension';
import '@codingame/monaco-vscode-references-view-default-extension';
import type { Calls } from '../desktop/calls.ts';
import { stateDatabase } from '../desktop/state.ts';
import type { Page } from './feature.ts';
import { keepTokensInOrder } from './token-order.ts';

/** Status items that say nothing here; anybody can show them again. */
const hiddenStatus = ['status.host', 'status.workbench.keyboardLayout'];

/** Layouts and what was opened, in files of the agent. */
function databases(call: Calls, project: string) {
  const database = (scope: string) => () => ({
    onDidChangeItemsExternal: Event.None,
    ...stateDatabase(call, scope),
  });
  return {
    [StorageScope.APPLICATION]: database('application'),
    [StorageScope.PROFILE]: database('profile'),
    [StorageScope.WORKSPACE]: database(`folder-${project}`),
  };
}

/** Later ones replace what earlier ones offer under the same name: the workbench comes last. */
export function workbenchServices(
  terminals: ITerminalBackend,
  { desktop, project }: Pick<Page, 'desktop' | 'project'>,
) {
  keepTokensInOrder();
  return {
    ...getLog(),
    ...getExtensions({ enableWorkerExtensionHost: false }),
    ...getModel(),
    ...getNotifications(),
    ...getDialogs(),
    ...getConfiguration(),
    ...getKeybindings(),
    ...getTextmate(),
    ...getTheme(),
    ...getLanguages(),
    ...getPreferences(),
    ...getOutline(),
    ...getBanner(),
    ...getStatusBar(),
    ...getTitleBar(),
    ...getSnippets(),
    ...getOutput(),
    ...getTerminal(terminals),
    ...getSearch(),
    ...getMarkers(),
    ...getAccessibility(),
    // No accounts of VS Code's: sign-in is the product's own.
    ...getStorage({
      forcedValues: {
        'workbench.activity.showAccounts': false,
        // The agent says what is trusted.
        ...(desktop ? { 'content.trust.model.key': '' } : {}),
      },
      ...(desktop ? { databaseFactories: databases(desktop.call, project.id) } : {}),
      // There is no remote to switch to, and the keyboard's layout is the system's.
      fallbackOverride: {
        'workbench.statusbar.hidden': JSON.stringify(hiddenStatus),
      },
    }),
    ...getLifecycle(),
    ...getEnvironment(),
    // Unsaved text goes to IndexedDB, so that a reload or a crash does not lose it.
    ...getWorkingCopy({ storage: 'userData' }),
    ...getWorkspaceTrust(),
    ...getRemoteAgent(),
    ...getScm(),
    ...getExplorer(),
    ...getMultiDiff(),
    ...getBulkEdit(),
    ...getFiles(),
    ...getWorkbench(),
    ...getQuickAccess({
      isKeybindingConfigurationVisible: () => true,
      shouldUseGlobalPicker: () => true,
    }),
  };
}
