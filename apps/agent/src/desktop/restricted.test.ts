/** A folder of a stranger's: it gets nothing, and hangs nothing. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { channels } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeShell, type FakeWindow, startFakeShell } from './fake-shell.ts';

let place: TemporaryFolder;
let shell: FakeShell;
let window: FakeWindow;
let folder: string;
/** What a program of the folder would make. */
let proof: string;

beforeEach(async () => {
  place = await temporaryFolder('stranger');
  const at = (name: string) => join(place.path, name);
  folder = at('project');
  proof = at('ran');
  for (const name of ['home', 'ide', 'project', 'private']) mkdirSync(at(name));
  writeFileSync(at('private/key'), 'the secret key');
  writeFileSync(join(folder, 'top.v'), 'module top; endmodule\n');
  const run = `touch ${proof}`;
  execFileSync('git', ['init', '-q'], { cwd: folder });
  execFileSync('git', ['config', 'core.fsmonitor', run], { cwd: folder });
  writeFileSync(join(folder, 'shell.nix'), `builtins.exec ["sh" "-c" "${run}"]`);
  writeFileSync(join(folder, '.envrc'), run);
  writeFileSync(join(folder, 'verible-verilog-ls'), `#!/bin/sh\n${run}\n`, { mode: 0o755 });
  execFileSync('mkfifo', [join(folder, 'joh.json')]);
  execFileSync('mkfifo', [join(folder, 'pipe.v')]);
  symlinkSync(at('private/key'), join(folder, 'notes.txt'));
  symlinkSync(at('private'), join(folder, 'docs'));
  symlinkSync(at('private/new'), join(folder, 'dangling.txt'));
  symlinkSync('/dev/zero', join(folder, 'zero.v'));
  writeFileSync(join(folder, 'huge.v'), '');
  truncateSync(join(folder, 'huge.v'), 2 ** 40);
  shell = await startFakeShell({ at: place.path, folder });
  const described = await shell.call('describe', { page: '/' });
  window = shell.connect(described.folder?.id ?? '');
});
afterEach(async () => {
  window.link.close();
  await shell.end();
  await place.remove();
});

/** Resolves with the bytes; rejects with the fault that closed the channel. */
function read(path: string): Promise<string> {
  const channel = window.link.open('files.read', channels['files.read'].params.parse({ path }));
  let text = '';
  return new Promise((resolve, reject) => {
    channel.onMessage((bytes) => {
      text += new TextDecoder().decode(bytes);
    });
    channel.onEnd(() => resolve(text));
    channel.onClose((error) => reject(error));
  });
}

function write(path: string): Promise<void> {
  const params = { path, create: true, overwrite: true };
  const channel = window.link.open('files.write', params);
  return new Promise((resolve, reject) => {
    channel.onMessage(() => resolve());
    channel.onClose((error) => reject(error));
    channel.send(new TextEncoder().encode('overwritten')).then(
      () => channel.end(),
      () => undefined,
    );
  });
}

describe('a folder that is not trusted', () => {
  const untrusted = { code: 'E_FOLDER_UNTRUSTED' };
  const refused = { code: 'E_FILE_REFUSED' };

  it('can be read, searched and edited', async () => {
    expect(await read(join(folder, 'top.v'))).toBe('module top; endmodule\n');
    await write(join(folder, 'new/../top.v'));
    expect(await read(join(folder, 'top.v'))).toBe('overwritten');
    const { entries } = await window.call('files.list', { path: folder });
    expect(entries.map(({ name }) => name)).toContain('notes.txt');
  });

  it('runs nothing', async () => {
    await expect(window.call('builds.start', {})).rejects.toMatchObject(untrusted);
    expect(await window.call('builds.latest', {})).toEqual({ build: null });
    expect((await window.call('builds.builders', {})).offers).toMatchObject([
      { missing: expect.stringContaining('not trusted') },
    ]);
    await expect(window.call('terminals.create', { columns: 80, rows: 24 })).rejects.toMatchObject(
      untrusted,
    );
    await expect(window.call('sourceControl.status', {})).rejects.toMatchObject(untrusted);
    await expect(
      window.call('simulations.compile', { bitstream: '0'.repeat(64) }),
    ).rejects.toMatchObject(untrusted);
    const program = window.link.open('process', { argv: ['touch', proof] });
    const ended = new Promise((resolve) => program.onClose(resolve));
    expect(await ended).toMatchObject(untrusted);
    const { servers } = await window.call('languages.list', {});
    expect(servers.map(({ origin }) => origin)).not.toContain('shell');
    expect(existsSync(proof)).toBe(false);
  });

  it('leads nowhere by its links', async () => {
    for (const name of ['notes.txt', 'docs/key', 'zero.v', 'dangling.txt']) {
      const path = join(folder, name);
      await expect(read(path)).rejects.toMatchObject(refused);
      await expect(write(path)).rejects.toMatchObject(refused);
    }
    await expect(write(join(folder, 'docs/new'))).rejects.toMatchObject(refused);
    await expect(window.call('files.list', { path: join(folder, 'docs') })).rejects.toMatchObject(
      refused,
    );
    await expect(
      window.call('files.remove', { path: join(folder, 'docs/key'), recursive: false }),
    ).rejects.toMatchObject(refused);
    await expect(
      window.call('files.rename', {
        from: join(folder, 'docs/key'),
        to: join(folder, 'stolen'),
        overwrite: true,
      }),
    ).rejects.toMatchObject(refused);
    expect(existsSync(join(place.path, 'private/new'))).toBe(false);
    // The link itself is the folder's own.
    await window.call('files.remove', { path: join(folder, 'notes.txt'), recursive: false });
  });

  it('holds nothing up with a pipe, and fills no memory', async () => {
    await expect(read(join(folder, 'pipe.v'))).rejects.toMatchObject(refused);
    await expect(write(join(folder, 'pipe.v'))).rejects.toMatchObject(refused);
    await expect(read(join(folder, 'huge.v'))).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' });
    // Threads of the pool are all there: each of these needs one.
    const reads = Array.from({ length: 8 }, () => window.call('files.stat', { path: folder }));
    await expect(Promise.all(reads)).resolves.toHaveLength(8);
  });

  it('is another once the user says so, and again when the user takes it back', async () => {
    const { folder: known } = await shell.call('describe', { page: '/' });
    const id = known?.id ?? '';
    await shell.call('trust', { folder: id, isTrusted: true });
    window.link.close();
    window = shell.connect(id);
    expect((await shell.call('describe', { page: '/' })).folder?.isTrusted).toBe(true);
    await window.call('sourceControl.status', {});
    // The trap was a real one.
    expect(existsSync(proof)).toBe(true);
    await shell.call('trust', { folder: id, isTrusted: false });
    window.link.close();
    window = shell.connect(id);
    await expect(window.call('sourceControl.status', {})).rejects.toMatchObject(untrusted);
  });
});
