/** How large a window shows its page, by VS Code's own setting; a browser has its own zoom. */
import type { Desktop } from '../desktop/desktop.ts';
import type { Ide } from '../workbench/feature.ts';

export const zoomSetting = 'window.zoomLevel';
export const zoomCommands = {
  in: 'workbench.action.zoomIn',
  out: 'workbench.action.zoomOut',
  reset: 'workbench.action.zoomReset',
} as const;
export const zoomLevels = { min: -5, max: 8 };

export async function followZoom(
  { vscode, report }: Ide,
  { call, page }: Pick<Desktop, 'call' | 'page'>,
): Promise<void> {
  const { commands, workspace, ConfigurationTarget } = vscode;
  const level = () => zoomLevel(workspace.getConfiguration().get(zoomSetting));
  const show = () => call('zoom', { page, factor: zoomFactor(level()) });
  const set = (next: number) =>
    workspace.getConfiguration().update(zoomSetting, zoomLevel(next), ConfigurationTarget.Global);
  const verbs = {
    [zoomCommands.in]: () => set(level() + 1),
    [zoomCommands.out]: () => set(level() - 1),
    [zoomCommands.reset]: () => set(0),
  };
  for (const [name, run] of Object.entries(verbs))
    commands.registerCommand(name, () => run().then(undefined, report));
  workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration(zoomSetting)) show().catch(report);
  });
  if (level() !== 0) await show();
}

/** What a setting that anybody may write says; 0 is as made. */
export function zoomLevel(value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) return 0;
  return Math.min(zoomLevels.max, Math.max(zoomLevels.min, value));
}

/** A fifth more for each level, as in VS Code. */
export function zoomFactor(level: number): number {
  return Math.round(1.2 ** level * 1000) / 1000;
}
