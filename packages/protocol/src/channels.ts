/**
 * The kinds of channels an IDE opens on the link, and what their messages are. A channel carries
 * whole messages in order, in both directions; either side ends its direction; a channel that fails
 * closes with a `FaultBody`.
 */
import { z } from 'zod';

export const channels = {
  /** JSON-RPC 2.0, one message each. Contract: `agentRpc` and `agentNotices`. Open exactly one. */
  rpc: { params: z.object({}) },
  /**
   * agent → IDE: first one message with the terminal's screen and scrollback as terminal bytes, then
   * its output. IDE → agent: input bytes. The agent ends its direction when the terminal has exited.
   */
  terminal: { params: z.object({ terminal: z.string() }) },
  /**
   * A program with binary-safe pipes. Every message starts with one byte, see `processByte`.
   * Closing the channel ends the program.
   */
  process: {
    params: z.object({
      argv: z.array(z.string()).min(1),
      /** Absolute, or relative to the working copy; default its root. */
      cwd: z.string().optional(),
      env: z.record(z.string(), z.string()).optional(),
    }),
  },
  /** agent → IDE: the file's bytes; the end of the direction is the end of the file. */
  'files.read': { params: z.object({ path: z.string() }) },
  /**
   * IDE → agent: the file's bytes, then end. agent → IDE: one JSON `fileWritten` once it is durable,
   * then end. Nothing is visible at `path` before that.
   */
  'files.write': {
    params: z.object({
      path: z.string(),
      create: z.boolean(),
      overwrite: z.boolean(),
      /** Refuse with `E_FILE_CHANGED` when the file on disk has another modification time. */
      expectedMtimeMs: z.number().optional(),
      /** Permission bits for a new file, e.g. 0o755. */
      mode: z.number().int().optional(),
    }),
  },
  /** agent → IDE: JSON `textMatch` messages, then end. */
  'search.text': {
    params: z.object({
      pattern: z.string(),
      isRegex: z.boolean(),
      caseSensitive: z.boolean(),
      wholeWord: z.boolean(),
      includes: z.array(z.string()),
      excludes: z.array(z.string()),
      resultsMax: z.number().int().positive(),
    }),
  },
  /** agent → IDE: JSON arrays of absolute paths, then end. Ignored files are left out. */
  'search.files': {
    params: z.object({
      query: z.string(),
      excludes: z.array(z.string()),
      resultsMax: z.number().int().positive(),
    }),
  },
  /** Language server protocol, one JSON-RPC message each, both ways. `server` from `languages.list`. */
  language: { params: z.object({ server: z.string() }) },
  /** agent → IDE: JSON `buildEvent` messages from the build's start on, then end when it is done. */
  build: { params: z.object({ build: z.string() }) },
  /**
   * USB devices that the page shares with the session's tools. Every message starts with the u32
   * number of a tool; the rest is a request (agent → IDE) or a reply (IDE → agent) of
   * `@joh/boards/tunnel`. IDE → agent with the number 0: JSON `usbAnnouncement`, at first and at
   * every change.
   */
  usb: { params: z.object({}) },
  /** JSON-RPC 2.0: `deviceRpc` and `deviceNotices`. Only where the agent's computer is the user's own. */
  devices: { params: z.object({}) },
} as const;

export type ChannelKind = keyof typeof channels;
export type ChannelParams<K extends ChannelKind> = z.infer<(typeof channels)[K]['params']>;

/** First byte of a `process` message. */
export const processByte = {
  /** IDE → agent: the rest is standard input. An empty rest ends it. */
  stdin: 0,
  /** agent → IDE. */
  stdout: 1,
  stderr: 2,
  /** agent → IDE, last message: JSON `processExit`. */
  exit: 3,
  /** IDE → agent: the rest is a signal name, e.g. `SIGINT`. */
  signal: 4,
} as const;

export const processExit = z.object({
  exitCode: z.number().int().nullable(),
  signal: z.string().nullable(),
});
export const fileWritten = z.object({ mtimeMs: z.number(), size: z.number() });
export const textMatch = z.object({
  path: z.string(),
  /** 0-based. */
  line: z.number().int(),
  text: z.string(),
  /** UTF-16 columns within `text`, 0-based, end exclusive. */
  ranges: z.array(z.object({ start: z.number().int(), end: z.number().int() })),
});

export type ProcessExit = z.infer<typeof processExit>;
export type FileWritten = z.infer<typeof fileWritten>;
export type TextMatch = z.infer<typeof textMatch>;
