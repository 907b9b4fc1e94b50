/** The compiler of the desktop's shell: rustup's where a person has it, Debian's elsewhere. */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { installSystemPackages } from './system-packages.js';

/** Debian's Rust for web browsers; its `rustc` is older than Tauri takes. */
const packages = ['cargo-web', 'rustc-web', 'rust-web-clippy', 'rustfmt-web'];

/** Makes cargo present, or ends with what is missing. */
export function installRust() {
  if (!hasRust()) installSystemPackages(packages);
}

/** A proxy of rustup answers only when it has a toolchain. */
function hasRust() {
  const rustup = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  const env = { ...process.env, PATH: process.env.PATH + delimiter + rustup };
  return ['check', 'fmt', 'clippy'].every(
    (command) => spawnSync('cargo', [command, '--help'], { env, stdio: 'ignore' }).status === 0,
  );
}
