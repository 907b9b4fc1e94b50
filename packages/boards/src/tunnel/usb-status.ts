/** What a browser throws, in libusb's numbers. */
import { isFault } from '@joh/protocol';
import { usbStatus } from './wire.ts';

/** What an operation failed with; `text` is for the person at the terminal. */
export interface UsbFailure {
  status: number;
  text: string | null;
}

/** Ends an operation with a status that is known already. */
export class UsbStatusError extends Error {
  override name = 'UsbStatusError';
  readonly status: number;
  constructor(status: number) {
    super(`USB status ${status}`);
    this.status = status;
  }
}

/** Names of exceptions: WebUSB API §5.1; npm `usb` says the same in words of its own. */
export function failureOf(error: unknown): UsbFailure {
  if (error instanceof UsbStatusError) return { status: error.status, text: null };
  if (isFault(error, 'E_BOARD_IN_USE')) return { status: usbStatus.busy, text: error.message };
  if (isFault(error, 'E_BOARD_TIMEOUT')) return { status: usbStatus.timeout, text: null };
  const { name = '', message = '' } = (error ?? {}) as { name?: string; message?: string };
  if (/disconnect|NO_DEVICE|no longer available/i.test(message))
    return { status: usbStatus.noDevice, text: null };
  if (/stall/i.test(message)) return { status: usbStatus.stall, text: null };
  if (name === 'SecurityError' || /access denied/i.test(message))
    return {
      status: usbStatus.access,
      text: 'the system does not let the browser open the board; the Board view says what to do',
    };
  if (/unable to claim/i.test(message))
    return { status: usbStatus.busy, text: 'another program on the computer has the interface' };
  if (name === 'NotFoundError') return { status: usbStatus.notFound, text: null };
  if (name === 'AbortError') return { status: usbStatus.cancelled, text: null };
  if (name === 'NotSupportedError') return { status: usbStatus.notSupported, text: null };
  if (name === 'InvalidStateError') return { status: usbStatus.busy, text: null };
  return { status: usbStatus.io, text: null };
}
