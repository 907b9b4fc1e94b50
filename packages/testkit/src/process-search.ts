/** Processes of this machine that name something, such as a test's folder. */
import { readdirSync, readFileSync } from 'node:fs';

/** Those that name `text` in their arguments or their environment: `<pid> <command>` each. */
export function processesNaming(text: string): { pid: number; command: string }[] {
  const read = (pid: string, name: string) => {
    try {
      return readFileSync(`/proc/${pid}/${name}`, 'utf8');
    } catch {
      return '';
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, command: read(pid, 'cmdline') }))
    .filter(({ pid, command }) => command.includes(text) || read(pid, 'environ').includes(text))
    .map(({ pid, command }) => ({
      pid: Number(pid),
      command: command.replaceAll('\0', ' ').trim().slice(0, 160),
    }));
}

/** Whether a process runs; a zombie that nobody waits for has ended too. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
