/** What is told of the newest version, and whether to believe it. */
import { fault } from '@joh/protocol';
import { z } from 'zod';
import {
  type FileSignature,
  isCommentSigned,
  type PublicKey,
  readSignature,
  signedName,
} from './minisign.ts';

export interface Release {
  version: string;
  /** ISO 8601; null when it is not told. */
  publishedAt: string | null;
  /** `joy-of-hardware_<version>_<architecture>.deb`: the signed name. */
  fileName: string;
  url: string;
  signature: FileSignature;
}

const versionPattern = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

/** The "static JSON file" of Tauri's updater; `signature` is the base64 of a whole `.minisig`. */
const releaseList = z.object({
  version: z.string().regex(versionPattern),
  pub_date: z.iso.datetime({ offset: true }).optional(),
  platforms: z.record(
    z.string().max(100),
    z.object({ url: z.url().max(2000), signature: z.base64().max(8000) }),
  ),
});
export type ReleaseList = z.infer<typeof releaseList>;

/** What this computer is, for Node, for Tauri and for Debian. */
const architectures: Partial<Record<string, { tauri: string; debian: string }>> = {
  x64: { tauri: 'x86_64', debian: 'amd64' },
  arm64: { tauri: 'aarch64', debian: 'arm64' },
};

/** The name of this computer's kind in a list; null where there is no package. */
export function platformName(platform: string, arch: string): string | null {
  const names = architectures[arch];
  return platform === 'linux' && names ? `linux-${names.tauri}-deb` : null;
}

export function packageFileName(version: string, arch: string): string {
  return `joy-of-hardware_${version}_${architectures[arch]?.debian}.deb`;
}

/**
 * The release for a computer. That the key's owner has named a
 * file of just this version is part of the signature: an old package cannot be told to be a new one.
 * Throws `E_UPDATE_UNTRUSTED`, also when there is no package for this kind of computer.
 */
export function readRelease(
  text: string,
  { key, platform, arch }: { key: PublicKey; platform: string; arch: string },
): Release {
  const untrusted = (reason: string) => fault('E_UPDATE_UNTRUSTED', { reason });
  const list = releaseList.safeParse(parsed(text));
  if (!list.success) throw untrusted('what is told of it is not in the form that is expected');
  const { version, platforms, pub_date: publishedAt = null } = list.data;
  const found = platforms[platformName(platform, arch) ?? ''];
  if (!found) throw untrusted(`there is no package of it for ${platform} on ${arch}`);
  const signature = readSignature(Buffer.from(found.signature, 'base64').toString());
  if (!signature) throw untrusted('its signature is none of minisign');
  if (!isCommentSigned(signature, key)) throw untrusted('it is signed with another key');
  const fileName = packageFileName(version, arch);
  if (signedName(signature) !== fileName)
    throw untrusted(`its signature is for ${signedName(signature)}, not for ${fileName}`);
  return { version, publishedAt, fileName, url: found.url, signature };
}

/** Both `<major>.<minor>.<patch>`. */
export function isNewer(version: string, than: string): boolean {
  const [one, other] = [version, than].map((text) => text.split('.').map(Number));
  for (const [index, number] of (one ?? []).entries()) {
    const difference = number - (other?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
