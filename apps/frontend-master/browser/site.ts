/** The script of the website's pages. */
import { enhanceForms } from './forms.ts';
import { enhanceOpening } from './open.ts';

enhanceForms();
enhanceOpening();
