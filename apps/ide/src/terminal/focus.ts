/** Keeps terminals that open late from taking the keyboard away. */
import { getService, ICommandService } from '@codingame/monaco-vscode-api';
import { ITerminalService } from '@codingame/monaco-vscode-terminal-service-override';
import { createAttention, isElsewhereKey } from './attention.ts';

/** Commands that show a terminal or make one. */
const terminalCommand =
  /^(workbench\.(action\.terminal|panel\.terminal|action\.togglePanel)|terminal\.)/;
/** Where a click or a key may be on its way to a terminal. */
const neutral =
  '.part.panel, .xterm, .quick-input-widget, .context-view, .menubar, .notifications-toasts, .monaco-dialog-box';

/** Once the workbench runs. */
export async function guardTerminalFocus(target: Document): Promise<void> {
  const attention = createAttention();
  const heard = { capture: true, passive: true };
  const isNeutral = ({ target: at }: Event) =>
    at instanceof Element && at.closest(neutral) !== null;
  target.addEventListener(
    'pointerdown',
    (event) => {
      if (isNeutral(event)) attention.towardsTerminal();
      else attention.elsewhere();
    },
    heard,
  );
  target.addEventListener(
    'keydown',
    (event) => {
      if (isElsewhereKey(event) && !isNeutral(event)) attention.elsewhere();
    },
    heard,
  );
  const [terminals, commands] = await Promise.all([
    getService(ITerminalService),
    getService(ICommandService),
  ]);
  commands.onWillExecuteCommand(({ commandId }) => {
    if (terminalCommand.test(commandId)) attention.towardsTerminal();
  });
  const guard = (instance: ITerminalService['instances'][number]) => {
    const { focusWhenReady } = instance;
    // What waits inside asks again at the end of its wait.
    const late = Object.create(instance, {
      focus: {
        value: (force?: boolean) => {
          if (attention.allowsTerminal()) instance.focus(force);
        },
      },
    });
    instance.focusWhenReady = (force) => focusWhenReady.call(late, force);
  };
  for (const instance of terminals.instances) guard(instance);
  terminals.onDidCreateInstance(guard);
}
