/** A WebUSB device as a port: the browser's, or one of npm `usb`, whose API is the same. */
import { type ErrorCode, fault, isFault } from '@joh/protocol';
import type { UsbPort, UsbSetup } from './usb-port.ts';

type TransferStatus = 'ok' | 'stall' | 'babble';

/** The part of WebUSB's `USBDevice` (WebUSB API §5) that is used; a real one fits. */
export interface WebUsbDevice {
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturerName?: string | null | undefined;
  readonly productName?: string | null | undefined;
  readonly serialNumber?: string | null | undefined;
  readonly opened: boolean;
  readonly configuration?: object | null | undefined;
  open(): Promise<void>;
  close(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  releaseInterface(number: number): Promise<void>;
  selectAlternateInterface?(number: number, alternate: number): Promise<void>;
  reset?(): Promise<void>;
  clearHalt?(direction: 'in' | 'out', endpoint: number): Promise<void>;
  controlTransferIn(
    setup: UsbSetup,
    length: number,
  ): Promise<{ data?: DataView | undefined; status?: TransferStatus | undefined }>;
  controlTransferOut(
    setup: UsbSetup,
    data?: Uint8Array<ArrayBuffer>,
  ): Promise<{ status?: TransferStatus | undefined }>;
  transferIn(
    endpoint: number,
    length: number,
  ): Promise<{ data?: DataView | undefined; status?: TransferStatus | undefined }>;
  transferOut(
    endpoint: number,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<{ bytesWritten: number; status?: TransferStatus | undefined }>;
}

/** `board` is how faults name it; default: its product name. */
export function webUsbPort(device: WebUsbDevice, options: { board?: string } = {}): UsbPort {
  const board = options.board ?? device.productName ?? 'the board';
  const call = async <T>(otherwise: ErrorCode, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      if (isFault(error)) throw error;
      throw fault(
        usbErrorCode(error, otherwise),
        { board, step: 'moving data over USB' },
        { cause: error },
      );
    }
  };
  const transfer = <T extends { status?: TransferStatus | undefined }>(action: () => Promise<T>) =>
    call('E_BOARD_DISCONNECTED', async () => {
      const result = await action();
      if (result.status !== undefined && result.status !== 'ok')
        throw fault('E_BOARD_REFUSED', {
          board,
          reason: `a USB transfer ended with ${result.status}`,
        });
      return result;
    });
  return {
    vendorId: device.vendorId,
    productId: device.productId,
    manufacturerName: device.manufacturerName ?? null,
    productName: device.productName ?? null,
    serialNumber: device.serialNumber ?? null,
    open: () =>
      call('E_BOARD_DENIED', async () => {
        if (!device.opened) await device.open();
        if (device.configuration === null || device.configuration === undefined)
          await device.selectConfiguration(1);
      }),
    close: () => call('E_BOARD_DISCONNECTED', () => device.close()),
    claimInterface: (number) => call('E_BOARD_BUSY', () => device.claimInterface(number)),
    releaseInterface: (number) =>
      call('E_BOARD_DISCONNECTED', () => device.releaseInterface(number)),
    controlTransferIn: async (setup, length) =>
      bytesOf(await transfer(() => device.controlTransferIn(setup, length))),
    controlTransferOut: async (setup, data) => {
      await transfer(() =>
        data ? device.controlTransferOut(setup, owned(data)) : device.controlTransferOut(setup),
      );
    },
    transferIn: async (endpoint, length) =>
      bytesOf(await transfer(() => device.transferIn(endpoint, length))),
    transferOut: async (endpoint, data) => {
      const { bytesWritten } = await transfer(() => device.transferOut(endpoint, owned(data)));
      if (bytesWritten !== data.length)
        throw fault('E_BOARD_REFUSED', {
          board,
          reason: `it took ${bytesWritten} of ${data.length} bytes`,
        });
    },
  };
}

/**
 * Browsers say what happened by the exception's name (WebUSB API §5.1), libusb by words in its
 * message. What neither makes clear is `otherwise`, the usual failure of the step.
 */
export function usbErrorCode(error: unknown, otherwise: ErrorCode): ErrorCode {
  const { name = '', message = '' } = (error ?? {}) as { name?: string; message?: string };
  // npm `usb` says the system's number in words of its own: EACCES, EBUSY, ENODEV.
  if (/NO_DEVICE|NOT_FOUND|disconnect|errno 19/i.test(message)) return 'E_BOARD_DISCONNECTED';
  if (name === 'NotFoundError') return 'E_BOARD_DISCONNECTED';
  if (/LIBUSB_ERROR_BUSY|unable to claim|errno 16/i.test(message) || name === 'InvalidStateError')
    return 'E_BOARD_BUSY';
  if (
    /LIBUSB_ERROR_ACCESS|access denied|errno 13|NOT_SUPPORTED/i.test(message) ||
    name === 'SecurityError'
  )
    return 'E_BOARD_DENIED';
  if (/TIMEOUT/.test(message)) return 'E_BOARD_TIMEOUT';
  return otherwise;
}

const bytesOf = ({ data }: { data?: DataView | undefined }) =>
  data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array();

/** WebUSB takes no view of shared memory. */
const owned = (data: Uint8Array): Uint8Array<ArrayBuffer> =>
  data.buffer instanceof ArrayBuffer ? (data as Uint8Array<ArrayBuffer>) : new Uint8Array(data);
