/** What an operator pastes on a machine: fetches the script, checks that it is ours, and runs it. */

/**
 * One command for a shell. The secret comes after it on standard input, so that it is on no command line
 * and in no environment. Pure.
 * @param scriptHash SHA-256 of the script, hex: the network in between may be anybody's
 */
export function joinCommand(options: {
  /** FM as the machine reaches it. */
  url: string;
  scriptHash: string;
  token: string;
  authorityFingerprint: string;
  name: string;
  host: string;
  port: number;
}): string {
  const { url, scriptHash, token, authorityFingerprint, name, host, port } = options;
  const fetch = `curl --fail --silent --show-error --max-time 30 --output "$joh" ${url}/nodes/join.sh`;
  const check = `echo "${scriptHash}  $joh" | sha256sum --check --quiet`;
  return [
    `joh=$(mktemp) && ${fetch} && ${check} && sh "$joh" <<'JOH'`,
    `url ${url}`,
    `name ${name}`,
    `host ${host}`,
    `port ${port}`,
    `authority ${authorityFingerprint}`,
    `token ${token}`,
    'JOH',
    '',
  ].join('\n');
}
