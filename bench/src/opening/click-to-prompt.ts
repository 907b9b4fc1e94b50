import { connectAgent, type FrontendClient } from '@joh/client';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';

/** Milliseconds from asking for the session to each stage. */
export interface Opened {
  session: string;
  claimedMs: number;
  readyMs: number;
  linkedMs: number;
  promptMs: number;
  /** Ends the link; the session goes on. */
  close(): void;
}

const promptDeadlineMs = 60_000;

/**
 * What a page does after a click on a project, without the page: asks for the session, follows it
 * until it is ready, opens the link with a ticket, makes a terminal, and waits for its first text.
 * @throws Error the claim was not warm; Fault what FM or the agent answered
 */
export async function clickToPrompt(
  { clock, random }: BenchContext,
  client: FrontendClient,
  project: string,
): Promise<Opened> {
  const started = clock.monotonic();
  const since = () => clock.monotonic() - started;
  const session = await client.sessions.create({ project });
  const claimedMs = since();
  if (session.state !== 'preparing' && session.state !== 'ready') {
    throw new Error(`the claim was not warm: the session is ${session.state}`);
  }
  await client.sessions.waitUntilReady(session.id);
  const readyMs = since();
  const agent = await connectAgent({
    ...{ client, session, clock, random, openSocket: client.openSocket },
  });
  const linkedMs = since();
  const { terminal } = await agent.call('terminals.create', { columns: 80, rows: 24 });
  let text = '';
  const decoder = new TextDecoder();
  agent.openTerminal(terminal.id).onData((data) => {
    text += decoder.decode(data, { stream: true });
  });
  // A prompt ends in a sign and a blank; what comes before it are the terminal's own sequences.
  await waitFor(() => /[$#%>] /.test(text), {
    ...{ deadlineMs: promptDeadlineMs, what: 'a prompt', everyMs: 2 },
  });
  return {
    session: session.id,
    ...{ claimedMs, readyMs, linkedMs, promptMs: since() },
    close: () => agent.close(),
  };
}
