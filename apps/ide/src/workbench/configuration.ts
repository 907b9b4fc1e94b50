/** Defaults of settings that differ from VS Code's; a user's own settings win. */
import { emberLabel } from '../theme/index.ts';

export const settingDefaults: Record<string, unknown> = {
  'workbench.colorTheme': emberLabel,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.layoutControl.enabled': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'window.commandCenter': true,
  'window.menuBarVisibility': 'compact',
  'editor.fontSize': 14,
  'editor.minimap.enabled': false,
  'editor.bracketPairColorization.enabled': true,
  'editor.stickyScroll.enabled': true,
  'editor.guides.bracketPairs': 'active',
  'files.hotExit': 'onExitAndWindowClose',
  // Nothing is saved behind the user's back: a save starts language servers and snapshots.
  'files.autoSave': 'off',
  'files.exclude': { '**/.git': true, '**/.DS_Store': true },
  'files.watcherExclude': {
    '**/.git/**': true,
    '**/node_modules/**': true,
    '**/build/**/*.json': true,
  },
  // The WebGL renderer draws text that neither tests nor screen readers can see.
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.enablePersistentSessions': true,
  'terminal.integrated.tabs.enabled': true,
  'terminal.integrated.shellIntegration.enabled': false,
  'terminal.integrated.initialHint': false,
  'terminal.integrated.copyOnSelection': true,
  'terminal.integrated.scrollback': 10_000,
  'scm.alwaysShowRepositories': false,
  'search.showLineNumbers': true,
  'search.quickOpen.includeSymbols': false,
  'telemetry.telemetryLevel': 'off',
  // No assistant is part of this product.
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'extensions.ignoreRecommendations': true,
  '[verilog]': { 'editor.tabSize': 2 },
  '[systemverilog]': { 'editor.tabSize': 2 },
  '[vhdl]': { 'editor.tabSize': 2 },
};
