/** `npm run -w apps/desktop build [-- --release]`: compiles the shell. */
import { cargo } from './packaging/cargo.ts';

cargo('build', ...process.argv.slice(2));
