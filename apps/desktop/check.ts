/** The suite `shell` of `npm test`: compiles the shell, its unit tests and its linter's opinion. */
import { cargo } from './packaging/cargo.ts';

cargo('build');
cargo('test');
cargo('clippy', '--all-targets', '--', '-D', 'warnings');
cargo('fmt', '--check');
