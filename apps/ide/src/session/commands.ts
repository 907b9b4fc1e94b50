/** What a user can do with the session as a whole. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import type { Cloud, Ide } from '../workbench/feature.ts';
import { lossOf } from './model.ts';

/** A session without a connection must still be closable. */
const statusMs = 3_000;

const category = 'Session';
export const contributes: IExtensionContributions = {
  commands: [
    { command: 'joh.session.menu', title: 'Session Menu', category },
    { command: 'joh.session.information', title: 'Show Information', category },
    { command: 'joh.session.projects', title: 'Back to Projects', category },
    { command: 'joh.session.close', title: 'Close Session', category },
    { command: 'joh.session.signOut', title: 'Sign Out', category },
  ],
};

export function registerCommands(ide: Ide, cloud: Cloud): void {
  const { commands, window } = ide.vscode;
  const verbs: Record<string, () => Promise<void>> = {
    information: () => showInformation(ide, cloud),
    projects: async () => ide.leave(cloud.pages.projects),
    close: () => closeSession(ide, cloud),
    signOut: () => signOut(ide, cloud),
  };
  for (const [name, run] of Object.entries(verbs))
    commands.registerCommand(`joh.session.${name}`, () => run().catch(ide.report));
  commands.registerCommand('joh.session.menu', async () => {
    const picked = await window.showQuickPick(
      [
        { label: '$(info) Session information', verb: 'information' },
        { label: '$(home) Back to projects', detail: 'The session goes on', verb: 'projects' },
        { label: '$(stop-circle) Close session', detail: 'Ends the container', verb: 'close' },
        { label: '$(sign-out) Sign out', verb: 'signOut' },
      ],
      { title: ide.project.title },
    );
    if (picked) await commands.executeCommand(`joh.session.${picked.verb}`);
  });
}

async function showInformation(ide: Ide, { session }: Cloud): Promise<void> {
  const { version, shell } = await ide.agent.call('workspace.describe', {});
  const lines = [
    `Project: ${session.project.owner}/${session.project.name}`,
    `Board: ${session.project.board ?? 'none'}`,
    `Container class: ${session.class}`,
    `Folder: ${ide.root}`,
    `Shell: ${shell}`,
    `Agent: ${version}`,
    `Started: ${new Date(session.createdAt).toLocaleString()}`,
    `Session: ${session.id}`,
  ];
  await ide.vscode.window.showInformationMessage('Session', {
    modal: true,
    detail: lines.join('\n'),
  });
}

async function closeSession(ide: Ide, cloud: Cloud): Promise<void> {
  if (!(await settled(ide, 'Close this session?', 'Close session'))) return;
  await cloud.closeSession();
  ide.leave(cloud.pages.projects);
}

async function signOut(ide: Ide, cloud: Cloud): Promise<void> {
  if (!(await settled(ide, 'Sign out?', 'Sign out'))) return;
  await cloud.signOut();
  ide.leave(cloud.pages.signedOut);
}

/**
 * Asks, and offers to commit and push first what would end with the container. True when it may end.
 */
async function settled(ide: Ide, question: string, verb: string): Promise<boolean> {
  const { window, workspace } = ide.vscode;
  const unsaved = workspace.textDocuments.filter(({ isDirty }) => isDirty).length;
  const loss = await ide.agent
    .call('sourceControl.status', {}, AbortSignal.timeout(statusMs))
    .then((status) => lossOf(status, unsaved))
    .catch(() => 'What is not pushed yet cannot be looked up now; it would not be kept.');
  const detail = `${loss ?? 'Everything is pushed.'} Running programs and terminals end.`;
  const keep = `Commit, push and ${verb.toLowerCase()}`;
  const choices = loss ? [keep, verb] : [verb];
  const answer = await window.showWarningMessage(question, { modal: true, detail }, ...choices);
  if (answer === keep) {
    await workspace.saveAll(false);
    const { files } = await ide.agent.call('sourceControl.status', {});
    // Staged or not: everything is to be kept.
    await ide.agent.call('sourceControl.stage', { paths: files.map(({ path }) => path) });
    if (files.length > 0)
      await ide.agent.call('sourceControl.commit', { message: 'Work in progress', all: true });
    await ide.agent.call('sourceControl.push', {});
  }
  return answer === keep || answer === verb;
}
