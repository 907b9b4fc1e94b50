/** What tells FTDI's chips apart, and how each describes itself on USB. */
import {
  configurationDescriptor,
  type Descriptors,
  deviceDescriptor,
  word16,
} from './descriptors.ts';

/** In the chip's EEPROM. */
export interface FtdiNames {
  manufacturer: string;
  product: string;
  serial: string;
}

export interface FtdiKind {
  productId: number;
  /** bcdDevice: how drivers tell them apart. */
  version: number;
  /** Channels with a bulk pair each: 81h/02h, 83h/04h. */
  channels: 1 | 2;
  /** Bulk packets: high speed, full speed. */
  packetBytes: number;
  /** What each buffer takes while the other side does not go on. */
  bufferBytes: number;
  hasMpsse: boolean;
}
/** DS_FT2232H §1.1 */
export const ft2232hKind: FtdiKind = {
  ...{ productId: 0x6010, version: 0x0700, channels: 2, packetBytes: 512, bufferBytes: 4096 },
  hasMpsse: true,
};
/** DS_FT231X §1.1: full speed, 512 bytes each way, no MPSSE. */
export const ft231xKind: FtdiKind = {
  ...{ productId: 0x6015, version: 0x1000, channels: 1, packetBytes: 64, bufferBytes: 512 },
  hasMpsse: false,
};

const channelsOf = ({ channels }: FtdiKind) =>
  Array.from({ length: channels }, (_, index) => index);
const bulk = (endpointNumber: number, direction: 'in' | 'out', packetSize: number) => ({
  endpointNumber,
  direction,
  type: 'bulk',
  packetSize,
});
function interfaceOf(interfaceNumber: number, { packetBytes }: FtdiKind) {
  const alternate = {
    alternateSetting: 0,
    interfaceClass: 0xff,
    interfaceSubclass: 0xff,
    interfaceProtocol: 0xff,
    endpoints: [
      bulk(interfaceNumber * 2 + 1, 'in', packetBytes),
      bulk(interfaceNumber * 2 + 2, 'out', packetBytes),
    ],
  };
  return { interfaceNumber, alternate, alternates: [alternate], claimed: false };
}
/** The same in bytes. */
const interfaceBytes = (number: number, { packetBytes }: FtdiKind) => [
  ...[9, 4, number, 0, 2, 0xff, 0xff, 0xff, 2],
  ...[7, 5, 0x81 + number * 2, 2, ...word16(packetBytes), 0],
  ...[7, 5, 0x02 + number * 2, 2, ...word16(packetBytes), 0],
];
export const descriptorsOf = (kind: FtdiKind, names: FtdiNames): Descriptors => ({
  device: deviceDescriptor({
    vendorId: 0x0403,
    productId: kind.productId,
    version: kind.version,
  }),
  configuration: configurationDescriptor(
    channelsOf(kind).map((channel) => interfaceBytes(channel, kind)),
    kind.channels,
  ),
  strings: [names.manufacturer, names.product, names.serial],
});

/** The same in WebUSB's words. */
export const configurationOf = (kind: FtdiKind) => ({
  configurationValue: 1,
  interfaces: channelsOf(kind).map((channel) => interfaceOf(channel, kind)),
});
