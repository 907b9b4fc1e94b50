/**
 * Newer versions, for who packs: where an installed application asks for them and whose signature it
 * believes, and the list that tells it of this package.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  isSafeAddress,
  packageFileName,
  platformName,
  type ReleaseList,
  readPublicKey,
  readRelease,
} from '@joh/agent/updates';

export interface UpdateSource {
  /** Of the list; packages lie beside it. */
  url: string;
  /** The second line of a `minisign.pub`. */
  key: string;
}

/**
 * What `JOH_UPDATE_URL` and `JOH_UPDATE_KEY` say; null when neither is set, and the package asks nobody.
 * @throws when only one is set, or one is not valid.
 */
export function updateSource(env: NodeJS.ProcessEnv): UpdateSource | null {
  const { JOH_UPDATE_URL: url = '', JOH_UPDATE_KEY: key = '' } = env;
  if (!url && !key) return null;
  if (!isSafeAddress(url)) throw new Error('JOH_UPDATE_URL is not an https address');
  if (!readPublicKey(key)) throw new Error('JOH_UPDATE_KEY is not the line of a minisign.pub');
  return { url, key };
}

/** Lays it where the installed shell looks, unless the computer's administrator says otherwise. */
export function layUpdateSource(tree: string, application: string, source: UpdateSource): void {
  writeFileSync(join(tree, `usr/lib/${application}/updates.json`), `${JSON.stringify(source)}\n`);
}

/**
 * Signs a package with minisign(1), which asks for the password of `secretKey` (a file), and writes the
 * list `latest.json` beside it, or adds this computer's kind to one of the same version. Gives its path.
 * @throws when minisign fails, or what it made would be refused by an installed application.
 */
export function tellOfPackage(options: {
  deb: string;
  version: string;
  /** Seconds since 1970. */
  time: number;
  source: UpdateSource;
  secretKey: string;
}): string {
  const { deb, version, time, source, secretKey } = options;
  const kind = platformName(process.platform, process.arch);
  if (kind === null || basename(deb) !== packageFileName(version, process.arch))
    throw new Error(`${basename(deb)} is no package that an application would look for`);
  // As minisign and Tauri's tools write it by themselves.
  const comment = `timestamp:${time}\tfile:${basename(deb)}\tversion:${version}\thashed`;
  minisign('-S', '-s', secretKey, '-t', comment, '-m', deb);
  minisign('-V', '-q', '-P', source.key, '-m', deb);
  const path = join(dirname(deb), 'latest.json');
  const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as ReleaseList) : null;
  const list: ReleaseList = {
    version,
    pub_date: new Date(time * 1000).toISOString(),
    platforms: {
      ...(before?.version === version ? before.platforms : {}),
      [kind]: {
        url: new URL(basename(deb), source.url).href,
        signature: readFileSync(`${deb}.minisig`).toString('base64'),
      },
    },
  };
  const text = `${JSON.stringify(list, null, 2)}\n`;
  const key = readPublicKey(source.key);
  if (key) readRelease(text, { key, platform: process.platform, arch: process.arch });
  writeFileSync(path, text);
  return path;
}

function minisign(...parameters: string[]): void {
  const { status, error } = spawnSync('minisign', parameters, { stdio: 'inherit' });
  if (error) throw new Error('minisign is needed: apt-get install minisign', { cause: error });
  if (status !== 0) throw new Error(`minisign ${parameters[0]} failed`);
}
