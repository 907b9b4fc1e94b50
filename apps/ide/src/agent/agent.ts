/** What the features of the IDE need of the agent. */
import type { AgentConnection, JsonStream, TerminalStream } from '@joh/client';

/** A connection whose every call waits for it to be there, and which survives its cuts. */
export interface Agent
  extends Pick<
    AgentConnection,
    | 'call'
    | 'onNotice'
    | 'readFile'
    | 'eachPart'
    | 'writeFile'
    | 'searchText'
    | 'searchFiles'
    | 'followBuild'
    | 'close'
  > {
  openTerminal(id: string): Promise<TerminalStream>;
  language(server: string): Promise<JsonStream>;
  openUsb(): Promise<ReturnType<AgentConnection['openUsb']>>;
  openDevices(): Promise<ReturnType<AgentConnection['openDevices']>>;
}
export type { JsonStream, TerminalStream };
