/** `joh build SESSION`: builds the project and prints its log. */
import { type Build, fault, type Problem } from '@joh/protocol';
import type { Command } from 'commander';
import { type Context, withAgent } from '../context.ts';
import type { Output } from '../output.ts';
import type { WithContext } from './accounts.ts';

/** Adds `joh build`. */
export function addBuildCommand(program: Command, withContext: WithContext): void {
  program
    .command('build <session>')
    .description('build the bitstream of a project')
    .action((session: string) => withContext((context) => build(context, session)));
}

async function build(context: Context, name: string): Promise<void> {
  const { output } = context;
  const done = await withAgent(context, name, async (agent) => {
    const started = await agent.call('builds.start', {}, context.signal);
    let result: Build | null = null;
    await agent.followBuild(started.build, (event) => {
      if (event.type === 'stage') output.progress(`== ${event.message}`);
      if (event.type === 'log') output.progress(event.text.trimEnd());
      if (event.type === 'done') result = event.build;
    });
    return result as Build | null;
  });
  if (!done) throw fault('E_BUILD_UNKNOWN');
  for (const problem of done.problems) output.line(describeProblem(problem));
  for (const { resource, used, available } of done.utilisation)
    output.line(`${resource}: ${used} of ${available}`);
  for (const { clock, achievedMhz } of done.timing)
    output.line(`${clock}: ${achievedMhz.toFixed(1)} MHz`);
  if (done.state !== 'succeeded' || done.bitstream === null) return failed(output, done);
  output.line(
    `Built ${done.bitstream.path} for ${done.bitstream.device ?? done.bitstream.family} (${done.toolchain}).`,
  );
  output.result({
    bitstream: done.bitstream.path,
    device: done.bitstream.device,
    toolchain: done.toolchain,
    durationMs: done.durationMs,
    problems: done.problems,
  });
}

function failed(output: Output, { problems, failure, state }: Build): void {
  process.exitCode = 1;
  output.line(failure ?? `The build was ${state}.`);
  output.result({ error: { code: 'E_BUILD_FAILED', message: failure ?? state }, problems });
}

function describeProblem({ path, line, column, severity, message, source }: Problem): string {
  const place = [path, line, column].filter((part) => part !== null).join(':');
  return `${place ? `${place}: ` : ''}${severity}: ${message} [${source}]`;
}
