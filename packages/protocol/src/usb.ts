/** What a page says of the USB devices that it shares with the tools of its session. */
import { z } from 'zod';

const hex = (bytesMax: number) =>
  z
    .string()
    .max(bytesMax * 2)
    .regex(/^([0-9a-f]{2})*$/);

export const usbAnnouncement = z.object({
  devices: z
    .array(
      z.object({
        /** Names it on this channel, from being shared until it is not any more. */
        number: z.number().int().min(1).max(255),
        title: z.string().max(200),
        /** Descriptors as they are on the wire (USB 2.0 §9.6). */
        device: hex(18),
        configuration: hex(4096),
        /** Answers to GET_DESCRIPTOR by wValue and wIndex, which tools need not wait for. */
        answers: z
          .array(
            z.object({
              value: z.number().int().min(0).max(0xffff),
              index: z.number().int().min(0).max(0xffff),
              bytes: hex(4096),
            }),
          )
          .max(64),
      }),
    )
    .max(16),
  /** Titles of devices that are connected to the page and not shared. */
  notShared: z.array(z.string().max(200)).max(64),
});

export type UsbAnnouncement = z.infer<typeof usbAnnouncement>;
