import { terminalEnvironment } from '#processes';
import type { TerminalCreate, Terminals } from './terminals.ts';

/** How a terminal starts in the project's shell, at this moment. */
export interface InsideShell {
  env: Record<string, string>;
  argv: string[];
  shell: string | null;
}

/** The same terminals; new ones start inside the shell, also programs that are named. */
export function insideShell(terminals: Terminals, inside: () => Promise<InsideShell>): Terminals {
  return {
    ...terminals,
    create: async (params: TerminalCreate) => {
      const { env, argv, shell } = await inside();
      return terminals.create({
        ...params,
        argv: params.argv ?? argv,
        env: { ...env, ...terminalEnvironment, ...params.env },
        shell,
      });
    },
  };
}
