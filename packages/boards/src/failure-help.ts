/**
 * What to do about a board that cannot be used: a page for each class of failure, with the steps for
 * this system and this device. Data, and one pure function that picks from it.
 */

/** The systems that have steps of their own. */
export type System = 'linux' | 'windows' | 'macos' | 'chromeos' | 'android' | 'other';

/** A step for the user; `command` is something to copy. */
export interface FailureStep {
  text: string;
  command?: string;
}

export interface FailurePage {
  /** What the steps are for; what happened is the fault's own sentence. */
  title: string;
  steps: readonly FailureStep[];
}

export interface FailedDevice {
  vendorId: number;
  productId: number;
  title: string;
}

/** Codes of the fault table that have a page. */
type Code =
  | 'E_BOARD_DENIED'
  | 'E_BOARD_BUSY'
  | 'E_BOARD_IN_USE'
  | 'E_BOARD_DISCONNECTED'
  | 'E_BOARD_TIMEOUT'
  | 'E_BOARD_REFUSED'
  | 'E_BOARD_VERIFY_FAILED';

type Steps = (device: FailedDevice) => readonly FailureStep[];

interface Row {
  title: string;
  /** By system; `other` where a system has no steps of its own. */
  steps: Partial<Record<System, Steps>> & { other: Steps };
}

const hex = (id: number) => id.toString(16).padStart(4, '0');
const isFtdi = ({ vendorId }: FailedDevice) => vendorId === 0x0403;
const again: FailureStep = { text: 'Unplug the board, plug it in again, and try once more.' };

/** For the file /etc/udev/rules.d/70-fpga-boards.rules: whoever sits at the machine may use it. */
const udevRule = ({ vendorId, productId }: Pick<FailedDevice, 'vendorId' | 'productId'>) =>
  `SUBSYSTEM=="usb", ATTR{idVendor}=="${hex(vendorId)}", ATTR{idProduct}=="${hex(productId)}", MODE="0660", TAG+="uaccess"`;

const udevSteps: Steps = (device) => [
  {
    text: 'Let whoever sits at the computer use this device: add a udev rule.',
    command: `echo '${udevRule(device)}' | sudo tee /etc/udev/rules.d/70-fpga-boards.rules`,
  },
  { text: 'Load it.', command: 'sudo udevadm control --reload && sudo udevadm trigger' },
  again,
  {
    text: 'A Chromium from Snap may need to be told as well.',
    command: 'sudo snap connect chromium:raw-usb',
  },
];

const winUsbSteps: Steps = (device) => [
  {
    text: `Windows needs the WinUSB driver for it. Start Zadig (zadig.akeo.ie), choose Options, List All Devices, then ${isFtdi(device) ? `the entry with USB ID ${hex(device.vendorId)} ${hex(device.productId)} and “Interface 0”` : `the entry with USB ID ${hex(device.vendorId)} ${hex(device.productId)}`}.`,
  },
  {
    text: isFtdi(device)
      ? 'Choose WinUSB and Replace Driver. Leave Interface 1 as it is: it is the serial port.'
      : 'Choose WinUSB and Replace Driver.',
  },
  again,
];

const rows: Readonly<Record<Code, Row>> = {
  E_BOARD_DENIED: {
    title: 'How to allow it',
    steps: {
      linux: udevSteps,
      windows: winUsbSteps,
      macos: (device) => [
        {
          text: isFtdi(device)
            ? 'macOS gives FTDI chips to its own serial driver. Close programs that have the serial port open (screen, an IDE’s monitor).'
            : 'Close programs that may have the device open.',
        },
        again,
      ],
      chromeos: () => [
        { text: 'Open Settings, Linux, Manage USB devices, and take the board away from Linux.' },
        again,
      ],
      android: () => [
        { text: 'Say “OK” when Android asks whether the browser may use the device.' },
        again,
      ],
      other: () => [{ text: 'Look in the system’s settings for who may use USB devices.' }, again],
    },
  },
  E_BOARD_BUSY: {
    title: 'How to free it',
    steps: {
      linux: (device) => [
        { text: 'Close openocd, openFPGALoader, iceprog and other tabs that use the board.' },
        ...(isFtdi(device)
          ? [
              {
                text: 'Linux may have made serial ports of it; take the programmer’s one away.',
                command: 'sudo rmmod ftdi_sio',
              },
            ]
          : []),
        again,
      ],
      windows: (device) => [
        { text: 'Close serial monitors, vendor tools and other tabs that use the board.' },
        ...winUsbSteps(device),
      ],
      macos: (device) => [
        { text: 'Close serial monitors, vendor tools and other tabs that use the board.' },
        ...(isFtdi(device)
          ? [
              {
                text: 'If FTDI’s own driver is installed, unload it.',
                command: 'sudo kextunload -b com.FTDI.driver.FTDIUSBSerialDriver',
              },
            ]
          : []),
        again,
      ],
      other: () => [{ text: 'Close programs and other tabs that use the board.' }, again],
    },
  },
  E_BOARD_IN_USE: {
    title: 'How to get it',
    steps: {
      other: () => [
        { text: 'Wait until the program named above has ended, or end it in its terminal.' },
        { text: 'Or take the board away from it: “Stop” beside its name, under USB devices.' },
      ],
    },
  },
  E_BOARD_DISCONNECTED: {
    title: 'How to go on',
    steps: {
      other: ({ title }) => [
        { text: `Plug ${title} in again; it comes back by itself, and keeps its permission.` },
        { text: 'Then program it again: it may be half programmed, which harms nothing.' },
        { text: 'If it happens again, try another cable or a port without a hub.' },
      ],
    },
  },
  E_BOARD_TIMEOUT: {
    title: 'What to try',
    steps: {
      other: () => [again, { text: 'If it stays, try another cable or a port without a hub.' }],
    },
  },
  E_BOARD_REFUSED: {
    title: 'What to look at',
    steps: {
      other: () => [
        { text: 'Look at the jumpers: the reason above says what was missing.' },
        { text: 'Look whether the chosen board is the one on the desk.' },
        again,
      ],
    },
  },
  E_BOARD_VERIFY_FAILED: {
    title: 'What to try',
    steps: {
      other: () => [
        { text: 'Program it again. A worn flash fails at the same byte each time.' },
        { text: 'If it stays, erase the flash first, under “More”.' },
      ],
    },
  },
};

/** Null where the fault has nothing to do with the board or the system. */
export function failureHelp(
  code: string,
  system: System,
  device: FailedDevice,
): FailurePage | null {
  if (!Object.hasOwn(rows, code)) return null;
  const { title, steps } = rows[code as Code];
  return { title, steps: (steps[system] ?? steps.other)(device) };
}
