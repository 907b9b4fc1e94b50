/** Unmodified USB tools in a session's own container reach the board behind the page. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { connectBoard, unmodifiedTools } from './board-desk.ts';
import { idePage } from './ide-page.ts';
import { createJoh } from './joh.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';
import { root } from './root.ts';
import { simulateUsb } from './simulated-usb.ts';

test.use({ actionTimeout: 60_000 });
test.setTimeout(300_000);

const programs = ['openFPGALoader', 'iceprog', 'dfu-util'] as const;

test('tools in the container program the board on the desk', async ({ page, product }) => {
  const person = await newPerson(product.url, 'harbour');
  const { session } = await person.openProject('board', 'empty');
  const joh = await createJoh(product.url);
  const folder = mkdtempSync(join(tmpdir(), 'joh-tools-'));
  try {
    await test.step('the tools come as files, as a shell of the project would bring them', async () => {
      gather(join(folder, 'tools'));
      await joh.run(['login', '--email', person.email, '--password-stdin'], `${person.password}\n`);
      const copied = await joh.run(['cp', join(folder, 'tools'), `${session}:tools`]);
      expect(copied, copied.errors).toMatchObject({ code: 0 });
    });
    await enter(page, product.url, person);
    const usb = await simulateUsb(page);
    await page.goto(`${product.url}/ide/${session}`);
    await expect(page.getByRole('treeitem', { name: 'tools' })).toBeVisible();
    await idePage(page).command('Program a Board');
    const desk = await connectBoard(page, usb);
    await test.step('this is a container without USB, and without libusb', async () => {
      const where = await desk.run('ls /dev/bus/usb /.dockerenv; chmod +x tools/*');
      expect(where).toMatch(/cannot access '\/dev\/bus\/usb'/);
      await desk.run('export PATH=$PWD/tools:$PATH LD_LIBRARY_PATH=$LD_LIBRARY_PATH:$PWD/tools');
      expect(await desk.run('ldd tools/openFPGALoader')).toMatch(/libusb-1\.0\.so\.0 => (?!\/lib)/);
    });
    await test.step('openFPGALoader, iceprog, dfu-util', () =>
      unmodifiedTools(desk, 'tools/up5k-memory.bin'));
    await picture(page, 'board-in-a-container');
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await joh.remove();
    await person.client.sessions.remove(session);
  }
});

/** The machine's own programs with the libraries that a small Debian lacks, but for libusb. */
function gather(into: string): void {
  mkdirSync(into);
  const brought = /^\s*(lib(?:ftdi|udev|gpiod|hidapi)\S*) => (\S+)/gm;
  for (const program of programs) {
    const path = execFileSync('which', [program], { encoding: 'utf8' }).trim();
    copyFileSync(path, join(into, program));
    const libraries = execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(brought);
    for (const [, name = '', file = ''] of libraries)
      copyFileSync(realpathSync(file), join(into, name));
    chmodSync(join(into, program), 0o755);
  }
  const image = join(root, 'packages/bitstream/fixtures/up5k-memory.bin');
  copyFileSync(image, join(into, basename(image)));
}
