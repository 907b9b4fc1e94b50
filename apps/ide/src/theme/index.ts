/** Registers the two themes; before the workbench starts. */
import {
  ExtensionHostKind,
  type IExtensionManifest,
  registerExtension,
} from '@codingame/monaco-vscode-api/extensions';
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import {
  CustomSchemas,
  RegisteredMemoryFile,
  registerExtensionFile,
} from '@codingame/monaco-vscode-files-service-override';
import { themeFile, themes } from './theme.ts';

export { emberLabel } from './theme.ts';

export function registerThemes(): void {
  const manifest: IExtensionManifest = {
    name: 'themes',
    publisher: 'joy-of-hardware',
    version: '1.0.0',
    engines: { vscode: '*' },
    contributes: {
      themes: themes.map(({ label, uiTheme, file }) => ({
        id: label,
        label,
        uiTheme,
        path: `./${file}`,
      })),
    },
  };
  const extension = registerExtension(manifest, ExtensionHostKind.LocalProcess, { system: true });
  for (const { label, file, palette } of themes) {
    registerExtensionFile(
      new RegisteredMemoryFile(
        URI.from({
          scheme: CustomSchemas.extensionFile,
          authority: extension.id,
          path: `/extension/${file}`,
        }),
        JSON.stringify(themeFile(label, palette)),
      ),
    );
  }
}
