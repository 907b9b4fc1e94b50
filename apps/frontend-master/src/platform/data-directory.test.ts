import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@joh/clock';
import { FolderBusy } from '@joh/nix-cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';

describe('data directory', () => {
  let temporary: string;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), 'joh-data-'));
  });
  afterEach(() => rmSync(temporary, { recursive: true, force: true }));

  it('is for its owner alone', () => {
    const data = openDataDirectory(join(temporary, 'data'));
    expect(statSync(data.path).mode & 0o777).toBe(0o700);
    expect(statSync(data.folder('git')).mode & 0o777).toBe(0o700);
    data.unlock();
  });

  it('keeps a secret over restarts, readable by its owner alone', () => {
    const first = openDataDirectory(temporary);
    const secret = first.secret('secret', systemRandom());
    first.unlock();
    const second = openDataDirectory(temporary);
    expect(second.secret('secret', systemRandom())).toBe(secret);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(statSync(join(temporary, 'secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(temporary, 'secret'), 'utf8')).toBe(secret);
    second.unlock();
  });

  it('is refused to a second opener until the first lets go', () => {
    const first = openDataDirectory(temporary);
    expect(() => openDataDirectory(temporary)).toThrow(FolderBusy);
    first.unlock();
    openDataDirectory(temporary).unlock();
  });

  it('is refused to a second process, and free again once the first is killed', async () => {
    const door = join(import.meta.dirname, 'data-directory.ts');
    const program = `const { openDataDirectory } = await import(${JSON.stringify(door)});
      openDataDirectory(${JSON.stringify(temporary)}); console.log('open'); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(holder, 'exit');
    await once(holder.stdout, 'data');
    expect(() => openDataDirectory(temporary)).toThrow(FolderBusy);
    holder.kill('SIGKILL');
    await ended;
    openDataDirectory(temporary).unlock();
  });
});
