/**
 * USB devices of the agent's own computer, on a channel `devices`: the desktop's window has no WebUSB.
 * JSON-RPC 2.0; the words are WebUSB's (WebUSB API §5), bytes are base64. What a channel has open is closed
 * with it.
 */
import { z } from 'zod';

const nothing = z.object({});
const device = z.object({ device: z.number().int().positive() });
const byte = z.number().int().min(0).max(0xff);
const word = z.number().int().min(0).max(0xffff);
const base64 = z.string().max(1 << 20);
const status = z.enum(['ok', 'stall', 'babble']);
const setup = z.object({
  requestType: z.enum(['standard', 'class', 'vendor']),
  recipient: z.enum(['device', 'interface', 'endpoint', 'other']),
  request: byte,
  value: word,
  index: word,
});
const lengthBytes = z
  .number()
  .int()
  .min(0)
  .max(512 * 1024);

const usbDevice = z.object({
  /** Names it as long as it stays plugged in. */
  device: z.number().int().positive(),
  vendorId: word,
  productId: word,
  manufacturerName: z.string().nullable(),
  productName: z.string().nullable(),
  serialNumber: z.string().nullable(),
});

/** What the agent answers. Throws `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_DISCONNECTED`, `E_USB_MISSING`. */
export const deviceRpc = {
  methods: {
    list: { params: nothing, result: z.object({ devices: z.array(usbDevice) }) },
    open: { params: device, result: nothing },
    close: { params: device, result: nothing },
    selectConfiguration: { params: device.extend({ value: byte }), result: nothing },
    claimInterface: { params: device.extend({ number: byte }), result: nothing },
    releaseInterface: { params: device.extend({ number: byte }), result: nothing },
    selectAlternateInterface: {
      params: device.extend({ number: byte, alternate: byte }),
      result: nothing,
    },
    reset: { params: device, result: nothing },
    clearHalt: {
      params: device.extend({ direction: z.enum(['in', 'out']), endpoint: byte }),
      result: nothing,
    },
    controlTransferIn: {
      params: device.extend({ setup, length: word }),
      result: z.object({ status, data: base64 }),
    },
    controlTransferOut: {
      params: device.extend({ setup, data: base64 }),
      result: z.object({ status }),
    },
    transferIn: {
      params: device.extend({ endpoint: byte, length: lengthBytes }),
      result: z.object({ status, data: base64 }),
    },
    transferOut: {
      params: device.extend({ endpoint: byte, data: base64 }),
      result: z.object({ status, bytesWritten: z.number().int().nonnegative() }),
    },
  },
  notices: {},
} as const;

/** Something was plugged in or out. */
export const deviceNotices = {
  methods: {},
  notices: { changed: { params: nothing } },
} as const;

export type UsbDeviceDescription = z.infer<typeof usbDevice>;
