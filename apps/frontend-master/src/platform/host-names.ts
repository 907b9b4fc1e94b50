/** Host names of an installation, and what is served at which. */

/** - `site`: pages, API and IDE. - `git`: repositories. - `cache`: the binary cache. */
export type HostNames = Partial<Record<'site' | 'git' | 'cache', string>>;

const pair = /^(site|git|cache)=([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/;

/** Reads `site=joy.example,git=git.joy.example`; null when it is not that. Pure. */
export function parseHostNames(text: string): HostNames | null {
  const names: HostNames = {};
  for (const part of text.split(',')) {
    const [, role, name] = pair.exec(part.trim()) ?? [];
    if (role === undefined || name === undefined) return null;
    names[role as keyof HostNames] = name;
  }
  return names;
}

/** What a host other than the site's serves: paths that start so, and nothing else. */
const prefixes = { git: '/git/', cache: '/cache/' } as const;

/**
 * Reports whether a path is served at a host: at the names of git and cache their own paths alone, so
 * that no page and no sign-in lives at two origins; anywhere else everything. Pure.
 * @param host the `Host` header, with or without a port
 */
export function isServedAt(names: HostNames, host: string | undefined, path: string): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (name === names.site) return true;
  const roles = (['git', 'cache'] as const).filter((role) => names[role] === name);
  return roles.length === 0 || roles.some((role) => path.startsWith(prefixes[role]));
}

/** The address of a role: the site's, with that host name. Pure. */
export function urlAt(siteUrl: string, names: HostNames, role: 'git' | 'cache'): string {
  const name = names[role];
  if (name === undefined || siteUrl === '') return siteUrl;
  const url = new URL(siteUrl);
  url.hostname = name;
  return url.origin;
}
