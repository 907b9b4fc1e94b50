/** The palette's way to a session of the cloud: in this window, or by the button of its row in another. */
import type * as vscode from 'vscode';
import type { Ide } from '../workbench/feature.ts';
import { cloudRows } from './cloud-rows.ts';
import type { Desktop } from './desktop.ts';

interface Row extends vscode.QuickPickItem {
  owner: string;
  name: string;
}

export async function pickCloudProject(ide: Ide, { call, page }: Desktop): Promise<void> {
  const { window, ThemeIcon } = ide.vscode;
  if ((await call('cloud', {})).account === null) {
    const start = 'To the start page';
    const said = await window.showInformationMessage(
      'This computer is signed in to no Joy of Hardware. The start page signs you in.',
      start,
    );
    if (said === start) ide.leave('/start');
    return;
  }
  const rows = cloudRows(await call('cloudProjects', {}));
  const elsewhere = { iconPath: new ThemeIcon('empty-window'), tooltip: 'Open in a new window' };
  const pick = window.createQuickPick<Row>();
  pick.title = 'Open a project in the cloud';
  pick.placeholder = rows.length > 0 ? 'Choose a project' : 'There are no projects yet';
  pick.items = rows.map(({ owner, name, session }) => ({
    label: name,
    description: session ? `${owner}, ${session.state}` : owner,
    buttons: [elsewhere],
    owner,
    name,
  }));
  const open = (row: Row | undefined, use: (path: string) => unknown) => {
    pick.hide();
    if (!row) return;
    call('openSession', { owner: row.owner, name: row.name })
      .then(({ page: path }) => use(path))
      .catch(ide.report);
  };
  pick.onDidAccept(() => open(pick.selectedItems[0], ide.leave));
  pick.onDidTriggerItemButton(({ item }) =>
    open(item, (path) => call('newWindow', { page, path })),
  );
  pick.onDidHide(() => pick.dispose());
  pick.show();
}
