/** When the sources were last changed: what a reproducible package takes for now. */
import { spawnSync } from 'node:child_process';

/** Seconds since 1970: `SOURCE_DATE_EPOCH`, or the last commit's; 0 where there is neither. */
export function sourceTime(root: string): number {
  const given = Number(process.env.SOURCE_DATE_EPOCH);
  if (given > 0) return given;
  const { stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], {
    cwd: root,
    encoding: 'utf8',
  });
  return Number(stdout) || 0;
}
