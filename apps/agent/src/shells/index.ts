/** The project's shell: evaluated once for each version of what it says, remembered, and shared. */
export { openProjectShell } from './opening.ts';
export { createUntrustedShell, type ProjectShell } from './project-shell.ts';
