/** Readers of bitstream formats: what a file is, from its bytes alone. */
export { bitstreamBytesMax, readBitstream } from './bitstream.ts';
export { crc16, crc16Start } from './crc16.ts';
export {
  type Device,
  deviceTitle,
  ecp5Devices,
  gowinDevices,
  ice40Devices,
  xilinx7Devices,
} from './devices.ts';
export { anyUsbId, type DfuSuffix, dfuSuffix } from './dfu-suffix.ts';
