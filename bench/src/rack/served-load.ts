import type { Channel } from '@joh/link';

/** A terminal's read of a flooded pty is about this long. */
const floodMessageBytes = 16 * 1024;

/** `flood` sends `params.bytes`; anything else comes back as it is. */
export function serveLoad(channel: Channel): void {
  if (channel.kind !== 'flood') {
    channel.onMessage((message) => channel.send(message.slice()));
    channel.onEnd(() => channel.end());
    return;
  }
  const { bytes } = channel.params as { bytes: number };
  const send = async () => {
    for (let sent = 0; sent < bytes; sent += floodMessageBytes) {
      await channel.send(new Uint8Array(Math.min(floodMessageBytes, bytes - sent)).fill(0x61));
    }
    channel.end();
  };
  send().catch(() => undefined);
}
