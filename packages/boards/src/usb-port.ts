/**
 * The one thing the drivers know of USB. Behind it: WebUSB in a browser, the `usb` package of npm
 * (whose API is WebUSB's), or a simulated device.
 */

/** The fields of a control request (USB 2.0 §9.3), in WebUSB's words. */
export interface UsbSetup {
  requestType: 'standard' | 'class' | 'vendor';
  recipient: 'device' | 'interface' | 'endpoint' | 'other';
  /** bRequest. */
  request: number;
  /** wValue. */
  value: number;
  /** wIndex. */
  index: number;
}

/**
 * An attached USB device. Every method rejects with a Fault: `E_BOARD_DENIED` (the system does not
 * let it be opened), `E_BOARD_BUSY` (an interface is taken), `E_BOARD_DISCONNECTED` (unplugged).
 * None has a deadline of its own; `close` ends transfers that are under way.
 */
export interface UsbPort {
  readonly vendorId: number;
  readonly productId: number;
  readonly manufacturerName: string | null;
  readonly productName: string | null;
  readonly serialNumber: string | null;
  /** Opens the device and selects its first configuration. */
  open(): Promise<void>;
  close(): Promise<void>;
  claimInterface(number: number): Promise<void>;
  releaseInterface(number: number): Promise<void>;
  controlTransferIn(setup: UsbSetup, length: number): Promise<Uint8Array>;
  controlTransferOut(setup: UsbSetup, data?: Uint8Array): Promise<void>;
  /** Up to `length` bytes of a bulk endpoint, given by its number without the direction bit. */
  transferIn(endpoint: number, length: number): Promise<Uint8Array>;
  /** Resolves when the device has taken all of `data`. */
  transferOut(endpoint: number, data: Uint8Array): Promise<void>;
}
