/** Source control's commands and where their buttons are. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';

const category = 'Git';
const ours = 'scmProvider == joh';
const inGroup = (...groups: string[]) =>
  `${ours} && (${groups.map((group) => `scmResourceGroup == ${group}`).join(' || ')})`;

/** VS Code's own git extension declares these; the themes give them their colours. */
const colours = ['added', 'modified', 'deleted', 'renamed', 'untracked', 'conflicting', 'ignored'];
const green = { dark: '#9ccc65', light: '#3f6b12', highContrast: '#9ccc65' };

export const contributes: IExtensionContributions = {
  colors: colours.map((name) => ({
    id: `gitDecoration.${name}ResourceForeground`,
    description: `Colour of ${name} files`,
    defaults: green,
  })),
  commands: [
    { command: 'joh.git.commit', title: 'Commit', category, icon: '$(check)' },
    { command: 'joh.git.push', title: 'Push', category, icon: '$(cloud-upload)' },
    { command: 'joh.git.pull', title: 'Pull', category, icon: '$(cloud-download)' },
    { command: 'joh.git.refresh', title: 'Refresh', category, icon: '$(refresh)' },
    { command: 'joh.git.stage', title: 'Stage Changes', category, icon: '$(add)' },
    { command: 'joh.git.unstage', title: 'Unstage Changes', category, icon: '$(remove)' },
    { command: 'joh.git.discard', title: 'Discard Changes', category, icon: '$(discard)' },
    { command: 'joh.git.open', title: 'Open File', category, icon: '$(go-to-file)' },
    { command: 'joh.git.stageAll', title: 'Stage All Changes', category, icon: '$(add)' },
    { command: 'joh.git.unstageAll', title: 'Unstage All Changes', category, icon: '$(remove)' },
  ],
  menus: {
    commandPalette: ['stage', 'unstage', 'discard', 'open'].map((name) => ({
      command: `joh.git.${name}`,
      when: 'false',
    })),
    'scm/title': [
      { command: 'joh.git.commit', group: 'navigation@1', when: ours },
      { command: 'joh.git.pull', group: 'navigation@2', when: ours },
      { command: 'joh.git.push', group: 'navigation@3', when: ours },
      { command: 'joh.git.refresh', group: 'navigation@4', when: ours },
    ],
    'scm/resourceGroup/context': [
      { command: 'joh.git.stageAll', group: 'inline', when: inGroup('changes') },
      { command: 'joh.git.unstageAll', group: 'inline', when: inGroup('staged') },
    ],
    'scm/resourceState/context': [
      { command: 'joh.git.open', group: 'inline@1', when: ours },
      { command: 'joh.git.discard', group: 'inline@2', when: inGroup('changes') },
      { command: 'joh.git.stage', group: 'inline@3', when: inGroup('changes', 'merge') },
      { command: 'joh.git.unstage', group: 'inline@3', when: inGroup('staged') },
    ],
  },
};
