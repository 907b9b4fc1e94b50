/** Makes the Debian file system of tests, where the machine's mirror can still be asked. */
import { debianBase } from './debian-base.ts';

console.log(debianBase());
