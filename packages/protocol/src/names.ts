/** Names that people choose: they appear in URLs and folder names, so the alphabet is narrow. */
import { z } from 'zod';

const slug = /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}$/;
const rule =
  'use 1 to 39 lower-case letters, digits and single hyphens, starting with a letter or digit';

/** An account's name: the owner part of `/git/<owner>/<project>.git`. */
export const accountName = z.string().regex(slug, rule);
/** A project's name, unique for its owner. */
export const projectName = z.string().regex(slug, rule);
/** `owner/project`. */
export const projectPath = z
  .string()
  .regex(new RegExp(`${slug.source.slice(0, -1)}/${slug.source.slice(1)}`));
