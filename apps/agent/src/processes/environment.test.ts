import { existsSync } from 'node:fs';
import { temporaryFolder } from '@joh/testkit';
import { describe, expect, it } from 'vitest';
import { usbEnvironment, userEnvironment } from './environment.ts';

it('lets USB tools find the session’s boards, before what the user has set', async () => {
  const folder = await temporaryFolder('usb');
  try {
    const hasUsb = existsSync('/dev/bus/usb');
    const found = await usbEnvironment({ LD_LIBRARY_PATH: '/mine' }, '/run/usb.sock', folder.path);
    // A machine with USB of its own keeps its tools as they are.
    expect(found).toEqual(
      hasUsb
        ? {}
        : { JOY_OF_HARDWARE_USB: '/run/usb.sock', LD_LIBRARY_PATH: `${folder.path}:/mine` },
    );
    expect(await usbEnvironment({}, '/run/usb.sock', `${folder.path}/none`)).toEqual({});
  } finally {
    await folder.remove();
  }
});

describe('user environment', () => {
  it('has nothing of the agent, and what programs count on', () => {
    const env = userEnvironment({
      JOH_BOOT_TOKEN: 'secret',
      npm_config_x: '1',
      NODE_OPTIONS: '--x',
      HOME: '/home/ada',
      SHELL: '/bin/zsh',
      JOY_OF_HARDWARE_CONTAINER: 'mark',
    });
    expect(env).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: '/home/ada',
      SHELL: '/bin/zsh',
      JOY_OF_HARDWARE_CONTAINER: 'mark',
    });
  });
});
