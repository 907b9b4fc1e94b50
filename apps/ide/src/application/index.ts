/** The desktop application around the page: its menu, its zoom, and newer versions of it. */
import type { Feature } from '../workbench/feature.ts';
import { registerMenu } from './menu.ts';
import { followUpdates, updateCommands, updateSetting } from './updates.ts';
import { followZoom, zoomCommands, zoomLevels, zoomSetting } from './zoom.ts';

const category = 'Joy of Hardware';
const view = 'View';

export const application: Feature = {
  contributes: {
    commands: [
      { command: updateCommands.check, title: 'Check for Updates', category },
      { command: updateCommands.open, title: 'Show Update', category },
      { command: zoomCommands.in, title: 'Zoom In', category: view },
      { command: zoomCommands.out, title: 'Zoom Out', category: view },
      { command: zoomCommands.reset, title: 'Reset Zoom', category: view },
    ],
    keybindings: [
      ...['ctrl+numpad_add', 'ctrl+shift+=', 'ctrl+='].map((key) => bind(zoomCommands.in, key)),
      ...['ctrl+numpad_subtract', 'ctrl+shift+-', 'ctrl+-'].map((key) =>
        bind(zoomCommands.out, key),
      ),
      bind(zoomCommands.reset, 'ctrl+numpad0'),
      // A browser keeps this key for itself; the entry of the menu shows it.
      bind('workbench.action.newWindow', 'ctrl+shift+n'),
      bind('workbench.action.closeWindow', 'ctrl+shift+w'),
      bind('joh.folder.quit', 'ctrl+q'),
      // Unless there is something to reset, these keys are VS Code's for the side bar.
      { ...bind(zoomCommands.reset, 'ctrl+0'), when: `config.${zoomSetting} != 0` },
    ],
    configuration: {
      title: category,
      properties: {
        [updateSetting]: {
          type: 'boolean',
          default: true,
          scope: 'application',
          description:
            'Ask for a newer version at the start and every few hours, where the installation has an address for it.',
        },
        [zoomSetting]: {
          type: 'number',
          default: 0,
          minimum: zoomLevels.min,
          maximum: zoomLevels.max,
          scope: 'application',
          description: 'How large windows are shown: 0 is as made, each 1 a fifth more.',
        },
      },
    },
  },
  async activate(ide) {
    const { desktop } = ide;
    if (!desktop) return;
    registerMenu(ide, desktop);
    followUpdates(ide, desktop);
    await followZoom(ide, desktop);
  },
};

function bind(command: string, key: string) {
  return { command, key, mac: key.replace('ctrl', 'cmd') };
}
