/** `joh build SESSION`: builds the project and prints how it goes. */
import { type Build, builder, fault, type Problem } from '@joh/protocol';
import type { Command } from 'commander';
import { type Context, withAgent } from '../context.ts';
import type { Output } from '../output.ts';
import type { WithContext } from './accounts.ts';
import { createBuildLog } from './build-log.ts';

interface Options {
  builder?: string;
  logs?: boolean;
}

/** Adds `joh build`. */
export function addBuildCommand(program: Command, withContext: WithContext): void {
  program
    .command('build <session>')
    .description('build a project: its bitstream, or what its default.nix says')
    .option('--builder <builder>', 'tools or nix-build; default: as joh.json says')
    .option('-L, --logs', 'with nix-build: the whole log of every derivation')
    .action((session: string, options: Options) =>
      withContext((context) => build(context, session, options)),
    );
}

async function build(context: Context, name: string, options: Options): Promise<void> {
  const { output } = context;
  const wanted = builder.optional().safeParse(options.builder);
  if (!wanted.success)
    throw fault('E_REQUEST_INVALID', { reason: '--builder: use tools or nix-build' });
  const done = await withAgent(context, name, async (agent) => {
    const params = wanted.data ? { builder: wanted.data } : {};
    const started = await agent.call('builds.start', params, context.signal);
    const log = createBuildLog({ isWhole: options.logs === true });
    let result: Build | null = null;
    await agent.followBuild(started.build, (event) => {
      for (const line of log.lines(event)) output.progress(line);
      if (event.type === 'done') result = event.build;
    });
    return result as Build | null;
  });
  if (!done) throw fault('E_BUILD_UNKNOWN');
  tell(output, done);
}

function tell(output: Output, done: Build): void {
  for (const problem of done.problems) output.line(describeProblem(problem));
  for (const { resource, used, available } of done.utilisation)
    output.line(`${resource}: ${used} of ${available}`);
  for (const { clock, achievedMhz } of done.timing)
    output.line(`${clock}: ${achievedMhz.toFixed(1)} MHz`);
  if (done.nix) output.line(describeNix(done.nix));
  if (done.state !== 'succeeded') {
    failed(output, done);
    return;
  }
  const bitstreams = done.artifacts ?? (done.bitstream ? [done.bitstream] : []);
  for (const { path, device, family } of bitstreams)
    output.line(`Built ${path} for ${device ?? family} (${done.toolchain}).`);
  if (bitstreams.length === 0) output.line(`Built (${done.toolchain}); there is no bitstream.`);
  output.result({
    bitstream: done.bitstream?.path ?? null,
    device: done.bitstream?.device ?? null,
    toolchain: done.toolchain,
    durationMs: done.durationMs,
    problems: done.problems,
    ...(done.nix ? { nix: done.nix } : {}),
    ...(done.artifacts ? { artifacts: done.artifacts.map(({ path }) => path) } : {}),
  });
}

function failed(output: Output, { problems, failure, state }: Build): void {
  process.exitCode = 1;
  output.line(failure ?? `The build was ${state}.`);
  output.result({ error: { code: 'E_BUILD_FAILED', message: failure ?? state }, problems });
}

function describeNix({ built, fetched }: NonNullable<Build['nix']>): string {
  return `${built} built, ${fetched} fetched from the cache.`;
}

function describeProblem({ path, line, column, severity, message, source }: Problem): string {
  const place = [path, line, column].filter((part) => part !== null).join(':');
  return `${place ? `${place}: ` : ''}${severity}: ${message} [${source}]`;
}
