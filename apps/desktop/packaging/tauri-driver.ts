/** Tauri's WebDriver, by which tests drive the window: compiled once from its crate, kept outside the tree. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, cargoInstall } from './cargo.ts';

/** The newest that is no pre-release; it takes Rust 1.90. */
const version = '2.1.0';

/**
 * Its path. Where it is not yet, it is compiled: half a minute of processor.
 * @throws when cargo says no.
 */
export function tauriDriver(): string {
  const kept = join(cacheFolder(), `tauri-driver-${version}`);
  const program = join(kept, 'bin/tauri-driver');
  if (existsSync(program)) return program;
  mkdirSync(cacheFolder(), { recursive: true });
  const made = mkdtempSync(`${kept}.`);
  try {
    cargoInstall('tauri-driver', version, made);
    renameSync(made, kept);
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(program)) throw error;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
  return program;
}
