import { type WebUsbDevice, webUsbPort } from '@joh/boards';
import { expect, test } from 'vitest';

const fail = (name: string, message: string) => async () => {
  throw Object.assign(new Error(message), { name });
};

function device(overrides: Partial<WebUsbDevice>): WebUsbDevice {
  const nothing = async () => undefined;
  return {
    vendorId: 0x0403,
    productId: 0x6010,
    productName: 'iCEBreaker V1.0e',
    opened: false,
    configuration: null,
    open: nothing,
    close: nothing,
    selectConfiguration: nothing,
    claimInterface: nothing,
    releaseInterface: nothing,
    controlTransferIn: async () => ({ status: 'ok', data: new DataView(new ArrayBuffer(1)) }),
    controlTransferOut: async () => ({ status: 'ok' }),
    transferIn: async () => ({ status: 'ok', data: new DataView(new ArrayBuffer(2)) }),
    transferOut: async (_, data) => ({ status: 'ok', bytesWritten: data.length }),
    ...overrides,
  };
}

// The words of Chromium and of libusb through npm `usb`.
test.each([
  ['SecurityError', 'Access denied.', 'E_BOARD_DENIED'],
  ['Error', 'LIBUSB_ERROR_ACCESS', 'E_BOARD_DENIED'],
  ['Error', 'open error: Permission denied (errno 13)', 'E_BOARD_DENIED'],
  [
    'InvalidStateError',
    'An operation that changes the device state is in progress.',
    'E_BOARD_BUSY',
  ],
  ['NotFoundError', 'The device was disconnected.', 'E_BOARD_DISCONNECTED'],
  ['Error', 'LIBUSB_ERROR_NO_DEVICE', 'E_BOARD_DISCONNECTED'],
])('open: %s %s is %s', async (name, message, code) => {
  const port = webUsbPort(device({ open: fail(name, message) }));
  await expect(port.open()).rejects.toMatchObject({ code, details: { board: 'iCEBreaker V1.0e' } });
});

test.each([
  ['NetworkError', 'Unable to claim interface.', 'E_BOARD_BUSY'],
  ['Error', 'LIBUSB_ERROR_BUSY', 'E_BOARD_BUSY'],
  ['NotFoundError', 'The device was disconnected.', 'E_BOARD_DISCONNECTED'],
])('claim: %s %s is %s', async (name, message, code) => {
  const port = webUsbPort(device({ claimInterface: fail(name, message) }), { board: 'it' });
  await expect(port.claimInterface(0)).rejects.toMatchObject({ code, details: { board: 'it' } });
});

test('transfers: a stall and a short write are refusals, a network error is an unplugged cable', async () => {
  const stalled = webUsbPort(device({ transferIn: async () => ({ status: 'stall' }) }));
  await expect(stalled.transferIn(1, 64)).rejects.toThrow(/ended with stall/);
  const short = webUsbPort(
    device({ transferOut: async () => ({ status: 'ok', bytesWritten: 1 }) }),
  );
  await expect(short.transferOut(2, new Uint8Array(3))).rejects.toThrow(/took 1 of 3 bytes/);
  const gone = webUsbPort(
    device({ transferOut: fail('NetworkError', 'A transfer error has occurred.') }),
  );
  await expect(gone.transferOut(2, new Uint8Array(3))).rejects.toMatchObject({
    code: 'E_BOARD_DISCONNECTED',
  });
});

test('a device without a configuration gets its first one; views keep their bounds', async () => {
  const chosen: number[] = [];
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const port = webUsbPort(
    device({
      selectConfiguration: async (value) => void chosen.push(value),
      transferIn: async () => ({ status: 'ok', data: new DataView(bytes.buffer, 1, 2) }),
    }),
  );
  await port.open();
  expect(chosen).toEqual([1]);
  expect(await port.transferIn(1, 64)).toEqual(Uint8Array.of(2, 3));
});
