/** Builds a project as the Build button does; for tests of designs. */
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@joh/clock';
import type { Build, BuildEvent } from '@joh/protocol';
import { createBuilds } from './builds.ts';

/** Runs an embedded tool from the sources. */
export const embeddedTool = [
  process.execPath,
  fileURLToPath(new URL('./embedded-tool.ts', import.meta.url)),
] as const;

/** Measured 25 s for the largest design of the tests on two cores that do nothing else. */
const buildMs = 280_000;

/**
 * The finished build, failed ones too; `path` is where native tools are.
 * @throws when the tools of that kind are not there.
 */
export async function buildProject(
  root: string,
  kind: Build['toolchain'],
  path: string | undefined,
): Promise<Build> {
  const builds = createBuilds({
    root,
    clock: systemClock(),
    random: systemRandom(),
    environment: async () => ({ PATH: kind === 'native' ? (path ?? '') : '/nowhere' }),
    embedded: embeddedTool,
  });
  try {
    const id = await builds.start();
    let last: BuildEvent | undefined;
    const lines: string[] = [];
    for await (const event of builds.events(id, AbortSignal.timeout(buildMs))) {
      last = event;
      if (event.type === 'log') lines.push(event.text);
    }
    if (last?.type !== 'done')
      throw new Error(`the build did not end: ${lines.slice(-5).join('\n')}`);
    if (last.build.toolchain !== kind)
      throw new Error('yosys, nextpnr and icepack (fpga-icestorm) must be installed');
    return last.build;
  } finally {
    await builds.close();
  }
}
