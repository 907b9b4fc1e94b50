/** The session in the status bar: project, connection, processor and memory. */
import type * as vscode from 'vscode';
import type { Ide } from '../workbench/feature.ts';
import { connectionLabel, type Level, meters } from './model.ts';

export function showStatus(ide: Ide): void {
  const { title } = ide.project;
  const { Left, Right } = ide.vscode.StatusBarAlignment;
  const project = item(ide, 'project', Left, 1000);
  project.name = 'Session';
  project.command = ide.cloud ? 'joh.session.menu' : 'joh.folder.menu';
  project.tooltip = ide.cloud
    ? 'Session: information, projects, sign out'
    : 'Folder: open another, trust, boards';
  ide.connection.watch((connection) => {
    const { icon, text } = connectionLabel(connection);
    const calm = connection.state === 'connected';
    project.text = calm ? `$(${icon}) ${title}` : `$(${icon}) ${title}: ${text}`;
    project.accessibilityInformation = { label: `Session ${title}: ${text}` };
    colour(ide, project, calm || connection.state === 'connecting' ? 'ordinary' : 'warning');
    project.show();
  });

  const cpu = item(ide, 'cpu', Right, 1001);
  cpu.name = 'Processor';
  const memory = item(ide, 'memory', Right, 1000);
  memory.name = 'Memory';
  ide.agent.onNotice('telemetry', (sample) => {
    const now = meters(sample);
    for (const [shown, meter] of [
      [cpu, now.cpu],
      [memory, now.memory],
    ] as const) {
      shown.text = meter.text;
      shown.tooltip = meter.label;
      shown.accessibilityInformation = { label: meter.label };
      colour(ide, shown, meter.level);
      shown.show();
    }
  });
}

function item(ide: Ide, id: string, side: vscode.StatusBarAlignment, priority: number) {
  return ide.vscode.window.createStatusBarItem(`session.${id}`, side, priority);
}

function colour({ vscode }: Ide, item: vscode.StatusBarItem, level: Level): void {
  item.backgroundColor =
    level === 'ordinary' ? undefined : new vscode.ThemeColor(`statusBarItem.${level}Background`);
}
