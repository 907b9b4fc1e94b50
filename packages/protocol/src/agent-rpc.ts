/** The agent's RPC on the link's `rpc` channel: IDE, `joh` and tests call it. Paths are absolute. */
import { z } from 'zod';
import { bitstreamInformation, build, builder, builderOffer } from './builds.ts';
import { shellState } from './shells.ts';
import { simulation } from './simulations.ts';
import { telemetrySample } from './telemetry.ts';

const path = z.object({ path: z.string() });
const nothing = z.object({});

export const fileType = z.enum(['file', 'directory', 'symlink', 'other']);
export const fileStat = z.object({
  type: fileType,
  /** Type of the target, for a symlink that resolves. */
  targetType: fileType.nullable(),
  size: z.number(),
  mtimeMs: z.number(),
  ctimeMs: z.number(),
  readonly: z.boolean(),
});
export const fileEntry = z.object({
  name: z.string(),
  type: fileType,
  targetType: fileType.nullable(),
});
export const fileChange = z.object({
  path: z.string(),
  type: z.enum(['added', 'changed', 'removed']),
});

export const terminal = z.object({
  id: z.string(),
  title: z.string(),
  cwd: z.string(),
  pid: z.number().int(),
  columns: z.number().int(),
  rows: z.number().int(),
  /** Null while it runs. */
  exitCode: z.number().int().nullable(),
  /** The project's shell that it was started in, see `ShellState`; null or missing: the login shell. */
  shell: z.string().nullable().optional(),
});

export const languageServer = z.object({
  id: z.string(),
  title: z.string(),
  /** VS Code language ids. */
  languages: z.array(z.string()),
  /** `shell`: found on the PATH of the project's shell. `embedded`: ours. */
  origin: z.enum(['shell', 'embedded']),
});

/** One letter of `git status --porcelain=v2`, or `?` for untracked; null when unchanged. */
const statusLetter = z.enum(['M', 'T', 'A', 'D', 'R', 'C', 'U', '?']).nullable();
export const sourceControlStatus = z.object({
  branch: z.string().nullable(),
  upstream: z.string().nullable(),
  ahead: z.number().int(),
  behind: z.number().int(),
  /** Merging, rebasing, …; null in the ordinary state. */
  operation: z.string().nullable(),
  files: z.array(
    z.object({
      path: z.string(),
      index: statusLetter,
      worktree: statusLetter,
      from: z.string().nullable(),
    }),
  ),
});

export const agentRpc = {
  methods: {
    'workspace.describe': {
      params: nothing,
      result: z.object({
        root: z.string(),
        home: z.string(),
        shell: z.string(),
        owner: z.string(),
        project: z.string(),
        board: z.string().nullable(),
        version: z.string(),
      }),
    },
    'files.stat': { params: path, result: fileStat },
    'files.list': { params: path, result: z.object({ entries: z.array(fileEntry) }) },
    'files.makeDirectory': { params: path, result: nothing },
    'files.remove': { params: path.extend({ recursive: z.boolean() }), result: nothing },
    'files.rename': {
      params: z.object({ from: z.string(), to: z.string(), overwrite: z.boolean() }),
      result: nothing,
    },
    'files.copy': {
      params: z.object({ from: z.string(), to: z.string(), overwrite: z.boolean() }),
      result: nothing,
    },
    /** Changes arrive as `files.changed` until `files.unwatch` or the end of the connection. */
    'files.watch': {
      params: path.extend({ recursive: z.boolean(), excludes: z.array(z.string()) }),
      result: z.object({ watch: z.string() }),
    },
    'files.unwatch': { params: z.object({ watch: z.string() }), result: nothing },

    'terminals.list': { params: nothing, result: z.object({ terminals: z.array(terminal) }) },
    'terminals.create': {
      params: z.object({
        cwd: z.string().optional(),
        title: z.string().optional(),
        columns: z.number().int().min(1).max(1000),
        rows: z.number().int().min(1).max(1000),
        /** Default: the user's shell as a login shell. */
        argv: z.array(z.string()).min(1).optional(),
        env: z.record(z.string(), z.string()).optional(),
      }),
      result: z.object({ terminal }),
    },
    'terminals.resize': {
      params: z.object({
        terminal: z.string(),
        columns: z.number().int().min(1).max(1000),
        rows: z.number().int().min(1).max(1000),
      }),
      result: nothing,
    },
    /** Ends the terminal's processes: SIGHUP, then SIGKILL. */
    'terminals.close': { params: z.object({ terminal: z.string() }), result: nothing },

    'shell.describe': { params: nothing, result: shellState },
    /** Evaluates it anew, unless what it is now is known. Answers at once; see `shell.changed`. */
    'shell.reload': { params: nothing, result: nothing },
    /** Ends an evaluation; what is in use stays in use. */
    'shell.cancel': { params: nothing, result: nothing },
    /** What Nix said of the latest evaluation. */
    'shell.output': { params: nothing, result: z.object({ text: z.string() }) },

    'languages.list': { params: nothing, result: z.object({ servers: z.array(languageServer) }) },

    'sourceControl.status': { params: nothing, result: sourceControlStatus },
    'sourceControl.stage': { params: z.object({ paths: z.array(z.string()) }), result: nothing },
    'sourceControl.unstage': { params: z.object({ paths: z.array(z.string()) }), result: nothing },
    'sourceControl.discard': { params: z.object({ paths: z.array(z.string()) }), result: nothing },
    /** Commits what is staged; when nothing is and `all` is set, everything tracked and untracked. */
    'sourceControl.commit': {
      params: z.object({ message: z.string().min(1), all: z.boolean() }),
      result: z.object({ commit: z.string() }),
    },
    'sourceControl.push': { params: nothing, result: nothing },
    'sourceControl.pull': { params: nothing, result: nothing },
    /** The file at a revision; `content` null when it did not exist there. */
    'sourceControl.original': {
      params: path.extend({ revision: z.string() }),
      result: z.object({ content: z.string().nullable() }),
    },

    /** How the project can be built; `chosen` is what a build does that names no builder. */
    'builds.builders': {
      params: nothing,
      result: z.object({ chosen: builder, offers: z.array(builderOffer) }),
    },
    'builds.start': {
      params: z.object({ builder: builder.optional() }),
      result: z.object({ build: z.string() }),
    },
    'builds.cancel': { params: z.object({ build: z.string() }), result: nothing },
    /** The newest build, or null. */
    'builds.latest': { params: nothing, result: z.object({ build: build.nullable() }) },
    'bitstreams.inspect': { params: path, result: bitstreamInformation },

    /**
     * The design of a bitstream as a module that simulates it, by the SHA-256 of the file in hex. The
     * first time it is compiled, which takes seconds; then it is there.
     */
    'simulations.compile': {
      params: z.object({ bitstream: z.string().regex(/^[0-9a-f]{64}$/) }),
      result: z.object({
        /** Where the WebAssembly module is. */
        path: z.string(),
        simulation,
        /** Whether it was there already. */
        cached: z.boolean(),
      }),
    },
  },
  notices: {},
} as const;

/** What the agent says unasked on the same channel. */
export const agentNotices = {
  methods: {},
  notices: {
    'files.changed': { params: z.object({ watch: z.string(), changes: z.array(fileChange) }) },
    /** A watch that stopped working, with the reason; changes are no longer reported. */
    'files.watchFailed': { params: z.object({ watch: z.string(), reason: z.string() }) },
    'terminals.exited': {
      params: z.object({ terminal: z.string(), exitCode: z.number().int().nullable() }),
    },
    'sourceControl.changed': { params: nothing },
    'builds.changed': { params: z.object({ build }) },
    'shell.changed': { params: shellState },
    /** Desktop: the window is about to go; unsaved text is to be kept, then `kept` of `desktopCalls`. */
    'window.closing': { params: nothing },
    /** Once a second while an IDE is attached. */
    telemetry: { params: telemetrySample },
    /** For people: something the session should say, e.g. that memory ran out. */
    message: {
      params: z.object({ severity: z.enum(['error', 'warning', 'information']), text: z.string() }),
    },
  },
} as const;

export type FileStat = z.infer<typeof fileStat>;
export type FileEntry = z.infer<typeof fileEntry>;
export type FileChange = z.infer<typeof fileChange>;
export type Terminal = z.infer<typeof terminal>;
export type LanguageServer = z.infer<typeof languageServer>;
export type SourceControlStatus = z.infer<typeof sourceControlStatus>;
