import { type Channel, createRpc } from '@joh/link';
import { agentRpc } from '@joh/protocol';
import { serveLoad } from './served-load.ts';

const create = 'terminals.create';
const local = { methods: { [create]: agentRpc.methods[create] }, notices: {} } as const;
const nothing = { methods: {}, notices: {} } as const;

/** As much of an agent as a page needs for a prompt; other channels carry load. */
export function serveSession(channel: Channel): void {
  if (channel.kind === 'rpc') {
    createRpc({
      ...{ channel, local, remote: nothing },
      handlers: {
        [create]: ({ columns, rows }) => ({
          terminal: {
            ...{ id: 'simulated', title: 'simulated', cwd: '/work', pid: 1, exitCode: null },
            ...{ columns, rows },
          },
        }),
      },
    });
  } else if (channel.kind === 'terminal') {
    void channel.send(new TextEncoder().encode('joh:/work$ '));
    channel.onMessage(() => undefined);
    channel.onEnd(() => channel.end());
  } else serveLoad(channel);
}
