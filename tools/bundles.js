/** `node tools/bundles.js`: builds what is out of date. */
import { buildBundles } from './build.js';
import { installPackages } from './install.js';

installPackages();
buildBundles();
