/** The suite `shell` of `npm test`: compiles the shell and its driver, its unit tests and its linter's opinion. */
import { cargo } from './packaging/cargo.ts';
import { tauriDriver } from './packaging/tauri-driver.ts';

cargo('build');
cargo('test');
cargo('clippy', '--all-targets', '--', '-D', 'warnings');
cargo('fmt', '--check');
tauriDriver();
