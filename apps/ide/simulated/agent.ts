/**
 * A simulated agent behind a real link: it answers the whole contract, from memory. For looking at
 * the IDE and for its browser test; nothing it says comes from a real project.
 */
import type { Clock } from '@joh/clock';
import { type Channel, createRpc, type HandlersOf, type Link } from '@joh/link';
import {
  agentNotices,
  agentRpc,
  type Build,
  type BuildEvent,
  type ChannelParams,
  fault,
  type ShellState,
  type Simulation,
  type SourceControlStatus,
  type Terminal,
} from '@joh/protocol';
import { createSimulatedFiles } from './files.ts';
import { serveLanguage } from './language.ts';
import { buildEvents, root, texts } from './project.ts';

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const bytes = (text: string) => new TextEncoder().encode(text);

const done = (_: unknown) => ({});
const modulePath = `${root}/build/.virtual-board/module.wasm`;

type Rpc = ReturnType<typeof connectRpc>;
function connectRpc(channel: Channel, handlers: HandlersOf<(typeof agentRpc)['methods']>) {
  const local = { ...agentRpc, notices: agentNotices.notices };
  return createRpc({ channel, local, handlers, remote: { methods: {}, notices: {} } });
}

interface Shell {
  terminal: Terminal;
  screen: string;
  channels: Set<Channel>;
}

export interface SimulatedAgent {
  serve(link: Link): void;
  files: ReturnType<typeof createSimulatedFiles>;
  /** Every later save is refused for want of room. */
  setDiskFull(isFull: boolean): void;
  /** How many terminals were ever made. */
  terminalCount(): number;
}

export function createSimulatedAgent(options: {
  clock: Clock;
  bitstream: Uint8Array;
  /** What the bitstream's design is compiled to; without it the design is not known. */
  design?: { module: Uint8Array; simulation: Simulation } | undefined;
}): SimulatedAgent {
  const { clock, bitstream, design } = options;
  const files = createSimulatedFiles(texts);
  const committed = new Map(files.paths().map((path) => [path, files.read(path)]));
  let index = new Map(committed);
  const rpcs = new Set<Rpc>();
  const shells = new Map<string, Shell>();
  const builds = new Map<string, BuildEvent[]>();
  let latest: Build | null = null;
  let terminalCount = 0;
  let isDiskFull = false;
  const everyone = (say: (rpc: Rpc) => Promise<void>) => {
    for (const rpc of rpcs) say(rpc).catch(() => rpcs.delete(rpc));
  };
  files.onChange((changes) => {
    everyone((rpc) => rpc.notify('files.changed', { watch: 'w', changes }));
    everyone((rpc) => rpc.notify('sourceControl.changed', {}));
  });
  const same = (a?: Uint8Array, b?: Uint8Array) =>
    a === b || (a && b ? Buffer.from(a).equals(Buffer.from(b)) : false);
  const status = (): SourceControlStatus => {
    const now = new Map(files.paths().map((path) => [path, files.read(path)]));
    const all = [...new Set([...committed.keys(), ...index.keys(), ...now.keys()])];
    const letter = (before?: Uint8Array, after?: Uint8Array) =>
      same(before, after)
        ? null
        : !before
          ? ('A' as const)
          : !after
            ? ('D' as const)
            : ('M' as const);
    const list = all
      .filter((path) => !path.includes('/build/'))
      .map((path) => ({
        path,
        from: null,
        index: letter(committed.get(path), index.get(path)),
        worktree:
          !index.has(path) && now.has(path)
            ? ('?' as const)
            : letter(index.get(path), now.get(path)),
      }))
      .filter((file) => file.index || file.worktree);
    return {
      branch: 'main',
      upstream: 'origin/main',
      ahead: 1,
      behind: 0,
      operation: null,
      files: list,
    };
  };
  const changed = () => everyone((rpc) => rpc.notify('sourceControl.changed', {}));
  const setIndex = (paths: string[], from: (path: string) => Uint8Array | undefined) => {
    for (const path of paths) {
      const content = from(path);
      if (content) index.set(path, content);
      else index.delete(path);
    }
    changed();
    return {};
  };
  const readNow = (path: string) => (files.paths().includes(path) ? files.read(path) : undefined);
  const handlers: HandlersOf<(typeof agentRpc)['methods']> = {
    ...missing(),
    'workspace.describe': () => ({
      root,
      home: '/home/joh',
      shell: '/bin/bash',
      owner: 'ada',
      project: 'blinky',
      board: 'icebreaker',
      version: 'simulated',
    }),
    'files.stat': ({ path }) => files.stat(path),
    'files.list': ({ path }) => ({ entries: files.list(path) }),
    'files.makeDirectory': ({ path }) => done(files.makeDirectory(path)),
    'files.remove': ({ path, recursive }) => done(files.remove(path, recursive)),
    'files.rename': ({ from, to }) => done(files.rename(from, to)),
    'files.copy': ({ from, to }) => done(files.write(to, files.read(from))),
    'files.watch': ({ path }) => ({ watch: files.stat(path) && 'w' }),
    'files.unwatch': () => ({}),
    'terminals.list': () => ({ terminals: [...shells.values()].map(({ terminal }) => terminal) }),
    'terminals.create': ({ columns, rows, cwd, title }) => {
      terminalCount++;
      const terminal: Terminal = {
        id: `t${terminalCount}`,
        title: title ?? 'bash',
        cwd: cwd ?? root,
        pid: 4000 + terminalCount,
        columns,
        rows,
        exitCode: null,
      };
      const screen = 'simulated shell\r\n\x1b[33mblinky\x1b[0m $ ';
      shells.set(terminal.id, { terminal, screen, channels: new Set() });
      return { terminal };
    },
    'terminals.resize': () => ({}),
    'terminals.close': ({ terminal }) => {
      shells.delete(terminal);
      everyone((rpc) => rpc.notify('terminals.exited', { terminal, exitCode: 0 }));
      return {};
    },
    ...shellHandlers(),
    'languages.list': () => ({
      servers: [
        {
          id: 'hdl',
          title: 'Simulated HDL server',
          languages: ['verilog', 'systemverilog'],
          origin: 'embedded' as const,
        },
      ],
    }),
    'sourceControl.status': status,
    'sourceControl.stage': ({ paths }) => setIndex(paths, readNow),
    'sourceControl.unstage': ({ paths }) => setIndex(paths, (path) => committed.get(path)),
    'sourceControl.discard': ({ paths }) => {
      for (const path of paths) {
        const content = index.get(path);
        if (content) files.write(path, content);
        else files.remove(path, true);
      }
      changed();
      return {};
    },
    'sourceControl.commit': ({ all }) => {
      if (all) index = new Map(files.paths().map((path) => [path, files.read(path)]));
      committed.clear();
      for (const [path, content] of index) committed.set(path, content);
      changed();
      return { commit: '1234567' };
    },
    'sourceControl.push': () => ({}),
    'sourceControl.pull': () => ({}),
    'sourceControl.original': ({ path, revision }) => {
      const content = (revision === '' ? index : committed).get(path);
      return { content: content ? new TextDecoder().decode(content) : null };
    },
    'builds.builders': () => ({
      chosen: 'tools' as const,
      offers: [{ builder: 'tools' as const, missing: null }],
    }),
    'builds.start': () => {
      const id = `build-${builds.size + 1}`;
      const source = new TextDecoder().decode(files.read(`${root}/top.v`));
      builds.set(id, buildEvents(id, source, bitstream.length));
      return { build: id };
    },
    'builds.cancel': () => ({}),
    'builds.latest': () => ({ build: latest }),
    'simulations.compile': async () => {
      if (!design) throw fault('E_SIMULATION_UNKNOWN');
      await clock.sleep(500);
      return { path: modulePath, simulation: design.simulation, cached: true };
    },
  };

  const kinds: Record<string, (channel: Channel) => void> = {
    rpc(channel) {
      const rpc = connectRpc(channel, handlers);
      rpcs.add(rpc);
      const stop = new AbortController();
      rpc.onClose(() => {
        rpcs.delete(rpc);
        stop.abort();
      });
      const sample = () =>
        rpc.notify('telemetry', {
          cpuCores: 0.4,
          cpuLimitCores: 4,
          memoryBytes: 1.3 * 1024 ** 3,
          memoryLimitBytes: 8 * 1024 ** 3,
          source: 'cgroup-v2',
        });
      sample().catch(() => undefined);
      clock.every(1000, sample, stop.signal, () => stop.abort());
    },
    terminal(channel) {
      const { terminal } = channel.params as ChannelParams<'terminal'>;
      const shell = shells.get(terminal);
      if (!shell) return channel.close(fault('E_TERMINAL_UNKNOWN').body());
      shell.channels.add(channel);
      const say = (text: string) => {
        shell.screen += text;
        for (const one of shell.channels)
          one.send(bytes(text)).catch(() => shell.channels.delete(one));
      };
      channel.send(bytes(shell.screen)).catch(() => undefined);
      channel.onMessage((input) => {
        say(new TextDecoder().decode(input).replace(/\r/g, '\r\n\x1b[33mblinky\x1b[0m $ '));
      });
      channel.onClose(() => shell.channels.delete(channel));
    },
    async 'files.read'(channel) {
      const { path } = channel.params as ChannelParams<'files.read'>;
      const content =
        path === modulePath && design
          ? design.module
          : path.endsWith('build/top.bin')
            ? bitstream
            : files.read(path);
      for (let at = 0; at < content.length; at += 16_384)
        await channel.send(content.slice(at, at + 16_384));
      channel.end();
    },
    'files.write'(channel) {
      const params = channel.params as ChannelParams<'files.write'>;
      const parts: Uint8Array[] = [];
      channel.onMessage((part) => void parts.push(part));
      channel.onEnd(() => {
        try {
          if (isDiskFull) throw fault('E_DISK_FULL');
          const { mtimeMs, size } = files.write(params.path, Buffer.concat(parts), params);
          channel.send(encode({ mtimeMs, size })).then(
            () => channel.end(),
            () => undefined,
          );
        } catch (error) {
          channel.close((error as ReturnType<typeof fault>).body());
        }
      });
    },
    async 'search.text'(channel) {
      const { pattern } = channel.params as ChannelParams<'search.text'>;
      for (const path of files.paths())
        for (const [line, text] of new TextDecoder()
          .decode(files.read(path))
          .split('\n')
          .entries()) {
          const start = text.toLowerCase().indexOf(pattern.toLowerCase());
          if (start < 0) continue;
          const ranges = [{ start, end: start + pattern.length }];
          await channel.send(encode({ path, line, text, ranges }));
        }
      channel.end();
    },
    async 'search.files'(channel) {
      await channel.send(encode(files.paths()));
      channel.end();
    },
    language: serveLanguage,
    async build(channel) {
      const { build } = channel.params as ChannelParams<'build'>;
      for (const event of builds.get(build) ?? []) {
        await clock.sleep(event.type === 'stage' ? 300 : 20);
        if (event.type === 'done') latest = event.build;
        await channel.send(encode(event));
      }
      channel.end();
    },
  };
  return {
    files,
    setDiskFull: (isFull) => {
      isDiskFull = isFull;
    },
    terminalCount: () => terminalCount,
    serve(link) {
      link.onChannel((channel) => {
        const serve = kinds[channel.kind] as ((channel: Channel) => unknown) | undefined;
        const refuse = (error: unknown) =>
          channel.close(
            error instanceof Error && 'body' in error
              ? (error as ReturnType<typeof fault>).body()
              : fault('E_INTERNAL', { reference: String(error) }).body(),
          );
        Promise.resolve()
          .then(() => serve?.(channel))
          .catch(refuse);
      });
    },
  };
}

/** Methods that nothing here calls. */
function missing() {
  const refuse = () => {
    throw fault('E_ROUTE_UNKNOWN', { path: 'a method that is not simulated' });
  };
  return Object.fromEntries(
    Object.keys(agentRpc.methods).map((method) => [method, refuse]),
  ) as unknown as HandlersOf<(typeof agentRpc)['methods']>;
}

/** A project without a shell of its own. */
function shellHandlers() {
  const state: ShellState = {
    ...{ shell: null, description: null, phase: 'none', activity: null, origin: null },
    ...{ tookMs: null, changed: [], problem: null, reason: null },
  };
  return {
    'shell.describe': () => state,
    'shell.reload': done,
    'shell.cancel': done,
    'shell.output': () => ({ text: '' }),
  };
}
