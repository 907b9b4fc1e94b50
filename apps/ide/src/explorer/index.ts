/** Puts the session's files under `file:`; before the workbench starts. */
import { registerCustomProvider } from '@codingame/monaco-vscode-files-service-override';
import type { Agent } from '../agent/agent.ts';
import { createFileSystem } from './file-system.ts';

/**
 * The whole scheme, not an overlay: an overlay falls back to a memory file system, where a refused
 * save would seem to succeed.
 */
export function registerFileSystem(options: { agent: Agent }): void {
  registerCustomProvider('file', createFileSystem(options));
}

/**
 * Settings, keys and unsaved text as files below an agent's folder: they outlive the page, the port and the
 * process, and only this user may read them.
 */
export function registerUserData({ agent, folder }: { agent: Agent; folder: string }): void {
  const scheme = 'vscode-userdata';
  registerCustomProvider(scheme, createFileSystem({ agent, scheme, folder, mode: 0o600 }));
}
