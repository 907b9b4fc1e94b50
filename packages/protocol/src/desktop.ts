/**
 * The desktop application's shell (a window without a page of its own) and the agent that it starts,
 * over the agent's standard input and output: one JSON object a line. The end of standard input ends
 * the agent. What the agent logs goes to standard error.
 *
 * The page is `http://127.0.0.1:<port><path>#t=<secret>`; the fragment reaches no server, and the page
 * takes it off the address at once.
 */
import { z } from 'zod';
import type { SessionId } from './ids.ts';

/** Paths of the page on the agent's port. */
export const desktopPages = {
  /** The folder that the shell gave, or the start page when it gave none. */
  first: '/',
  /** The start page: open a folder, recent ones. */
  start: '/start',
  /** `/folder/<id>`: one that was opened before. */
  folder: '/folder/',
  /** `/session/<id>`: a session of the FrontendMaster that this computer is signed in to. */
  session: '/session/',
} as const;

/** Absolute on Linux and macOS, or with a drive on Windows; no NUL. */
const absolutePath = z
  .string()
  .max(4096)
  .regex(/^(\/|[A-Za-z]:[\\/])[^\0]*$/, 'not an absolute path');

/** 256 random bits, new at each start; never an argument, never logged, never in a file. */
const secret = z.string().regex(/^[0-9a-f]{64}$/, 'not 64 hex digits');

/** A page of the agent, to be opened in a window. */
const pagePath = z
  .string()
  .regex(/^\/(start|folder\/[0-9a-z]{1,40}|session\/session_[0-9a-z]{16,32})?$/, 'not a page');

/**
 * What a page shows in the hello of each link, where a browser's shows its ticket: the launch secret alone for a
 * folder; for a session, FrontendMaster's ticket after it, which is all that leaves this computer; for
 * `/connect/desk`, the session that its window is about.
 */
export function linkTicket(secret: string, more?: string): string {
  return more === undefined ? secret : `${secret}.${more}`;
}

/** The parts of it; `more` is empty where there is none. */
export function readLinkTicket(ticket: string): { secret: string; more: string } {
  const [secret = ''] = ticket.split('.', 1);
  return { secret, more: ticket.slice(secret.length + 1) };
}

/** The link of a session's window to this computer: its USB devices, settings and unsaved text. */
export const deskLink = 'desk';

/** What a window is about, by the path of its page; null: it is no page. */
export function pageSubject(path: string): PageSubject | null {
  if (!pagePath.safeParse(path).success) return null;
  const { first, start, folder, session } = desktopPages;
  if (path === first) return { kind: 'first' };
  if (path === start) return { kind: 'start' };
  if (path.startsWith(folder)) return { kind: 'folder', id: path.slice(folder.length) };
  return { kind: 'session', id: path.slice(session.length) as SessionId };
}

type PageSubject =
  | { kind: 'first' | 'start' }
  | { kind: 'folder'; id: string }
  | { kind: 'session'; id: SessionId };

/** The shell's first line. */
export const desktopStart = z.object({
  secret,
  /** Settings, layouts, unsaved text, recent folders; made when it is not there. */
  data: absolutePath,
  /** The IDE's bundle. */
  ide: absolutePath,
  /** 0: any. A taken port is replaced by any, as web storage is only a cache. */
  port: z.number().int().min(0).max(65_535),
  folder: absolutePath.nullable(),
  /** Where newer versions are told of, and the key that signs them (a line of minisign); nothing is asked without. */
  updates: z.object({ url: z.string().max(2000), key: z.string().max(200) }).nullish(),
});

/** What the agent wants of the shell, on behalf of the page at `page`. Each is answered by one reply. */
export const desktopRequest = z.discriminatedUnion('kind', [
  /** The system's dialog; the reply's `folder` is null when nobody chose. */
  z.object({
    id: z.number().int().positive(),
    page: pagePath,
    kind: z.literal('choose-folder'),
    startIn: absolutePath.nullable(),
  }),
  /** In the system's browser or mail program. */
  z.object({
    id: z.number().int().positive(),
    page: pagePath,
    kind: z.literal('open-external'),
    url: z
      .string()
      .max(4096)
      .regex(/^(https?:\/\/|mailto:)[^\s"'`<>\\]+$/, 'not a link to open outside'),
  }),
  /** A window on the page `path`, or the one that shows it already. */
  z.object({
    id: z.number().int().positive(),
    page: pagePath,
    kind: z.literal('new-window'),
    path: pagePath,
  }),
  /** In the system's file manager. */
  z.object({
    id: z.number().int().positive(),
    page: pagePath,
    kind: z.literal('reveal'),
    path: absolutePath,
  }),
  /** How large the page's window shows it: 1 is as made. */
  z.object({
    id: z.number().int().positive(),
    page: pagePath,
    kind: z.literal('zoom'),
    factor: z.number().min(0.25).max(5),
  }),
  /** Closes the page's window, in the order of `closing`; the last one quits. */
  z.object({ id: z.number().int().positive(), page: pagePath, kind: z.literal('close-window') }),
  /** Closes every window, in the order of `closing`. */
  z.object({ id: z.number().int().positive(), page: pagePath, kind: z.literal('quit') }),
  /** The same, and starts the installed application with the same pages. */
  z.object({ id: z.number().int().positive(), page: pagePath, kind: z.literal('restart') }),
]);

export const desktopReply = z.object({
  id: z.number().int().positive(),
  /** For people: why it was not done; left out or null when it was. */
  failed: z.string().max(1000).nullish(),
  /** Of `choose-folder`. */
  folder: absolutePath.nullish(),
});

/** Every line from the shell after the first. */
export const shellLine = z.union([
  z.object({ reply: desktopReply }),
  /** From a file manager or a second start: answered by a `new-window` request. */
  z.object({ open: z.object({ folder: absolutePath }) }),
  /**
   * A window, or with null the application, is about to go: the agent has its pages keep unsaved text
   * and says `closed`, at the latest after 10 s. Windows go then, and standard input ends last.
   */
  z.object({ closing: z.object({ page: pagePath.nullable() }) }),
]);

/** Every line from the agent. */
export const agentLine = z.union([
  /** `proof` is the HMAC-SHA256 of `port:<port>` with the secret's 64 characters as key, in hex. */
  z.object({
    ready: z.object({
      port: z.number().int().min(1).max(65_535),
      proof: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
  z.object({ request: desktopRequest }),
  z.object({ closed: z.object({ page: pagePath.nullable() }) }),
  /** The agent cannot go on, and ends. */
  z.object({ failed: z.object({ code: z.string(), message: z.string() }) }),
]);

export type DesktopStart = z.infer<typeof desktopStart>;
export type DesktopRequest = z.infer<typeof desktopRequest>;
export type DesktopReply = z.infer<typeof desktopReply>;
export type ShellLine = z.infer<typeof shellLine>;
export type AgentLine = z.infer<typeof agentLine>;
