/**
 * What a page of the desktop application asks of its agent outside of a link, because it has no folder
 * yet or because it is about the window: `POST /desktop/<call>` with JSON, `authorization: Bearer
 * <secret>`, exact `Host` and `Origin`. The answer is the result, or `{"error": FaultBody}`.
 */
import { z } from 'zod';
import { sessionId } from './ids.ts';
import { accountName, projectName } from './names.ts';
import { projectList } from './projects.ts';
import { session, sessionList, sessionTicket } from './sessions.ts';

const nothing = z.object({});
const page = z.string().max(200);
const folderId = z.string().regex(/^[0-9a-z]{1,40}$/);

const desktopFolder = z.object({
  id: folderId,
  /** Absolute, links resolved. */
  path: z.string(),
  name: z.string(),
  /** Whether its tasks, shell and language servers may run. */
  isTrusted: z.boolean(),
});

const recentFolder = desktopFolder.extend({
  /** ISO 8601. */
  openedAt: z.string(),
  /** Whether it is there now. */
  isThere: z.boolean(),
});

/**
 * Which values of VS Code's state: of the application, its profile, or one folder; and our own. A session's
 * window keeps them under its project.
 */
const stateScope = z
  .string()
  .regex(/^(application|profile|(folder|page)-([0-9a-z]{1,40}|project_[0-9a-z]{16,32}))$/);
const stateItems = z.record(z.string().max(1000), z.string());

const cloudState = z.object({
  /** The FrontendMaster of the last sign-in; null: none yet. */
  url: z.string().nullable(),
  /** Name of the account; null: signed out. */
  account: z.string().nullable(),
});

const updateState = z.object({
  /** `off`: nobody has configured where to ask. `installed`: the next start is that version. */
  state: z.enum(['off', 'newest', 'available', 'installed']),
  /** The version that runs. */
  current: z.string(),
  /** The newer one. */
  version: z.string().nullable(),
  /** ISO 8601. */
  publishedAt: z.string().nullable(),
});

const udevRules = z.object({
  /** Where they belong. */
  path: z.string(),
  text: z.string(),
  /** `other`: there is a file of that name with another text. */
  state: z.enum(['missing', 'installed', 'other']),
  /** The system needs none (macOS, Windows). */
  isNeeded: z.boolean(),
});

export const desktopCalls = {
  /** What the window at `page` is about. Throws `E_FOLDER_UNKNOWN` for a folder that is gone. */
  describe: {
    params: z.object({ page }),
    result: z.object({
      version: z.string(),
      platform: z.string(),
      home: z.string(),
      /** Folder of settings and unsaved text, as agent paths. */
      userData: z.string(),
      /** Null: the start page, or a session's. */
      folder: desktopFolder.nullable(),
      /** A session of the cloud, of which nothing is known yet. */
      session: sessionId.nullable(),
      recents: z.array(recentFolder),
    }),
  },
  /** Makes the folder known and gives its page; `~` is the user's home. Throws `E_FOLDER_UNKNOWN`. */
  open: {
    params: z.object({ folder: z.string().max(4096) }),
    result: z.object({ page: z.string() }),
  },
  /** Takes it off the list of recent ones; its settings and unsaved text are kept. */
  forget: { params: z.object({ folder: folderId }), result: nothing },
  /** Remembered; open pages of the folder are to be loaded again. */
  trust: { params: z.object({ folder: folderId, isTrusted: z.boolean() }), result: nothing },

  /** The system's dialog; null when nobody chose. Throws `E_DESKTOP_REFUSED`, as all down to `restart`. */
  chooseFolder: {
    params: z.object({ page, startIn: z.string().nullable() }),
    result: z.object({ folder: z.string().nullable() }),
  },
  openExternal: { params: z.object({ page, url: z.string() }), result: nothing },
  newWindow: { params: z.object({ page, path: z.string() }), result: nothing },
  reveal: { params: z.object({ page, path: z.string() }), result: nothing },
  zoom: { params: z.object({ page, factor: z.number() }), result: nothing },
  closeWindow: { params: z.object({ page }), result: nothing },
  quit: { params: z.object({ page }), result: nothing },
  /** Quits, and starts again with the same pages. */
  restart: { params: z.object({ page }), result: nothing },

  /**
   * Whether there is a newer version, by a look of some hours ago unless the user asks (`isAsked`). Throws
   * `E_UPDATE_UNREACHABLE` and `E_UPDATE_UNTRUSTED` to the user who asks.
   */
  update: { params: z.object({ isAsked: z.boolean() }), result: updateState },
  /** Fetches, checks and installs it; a command for the user where the system's dialog is missing. Throws `E_UPDATE_FAILED`. */
  installUpdate: { params: nothing, result: z.object({ command: z.string().nullable() }) },

  readState: { params: z.object({ scope: stateScope }), result: z.object({ items: stateItems }) },
  /** Durable when it is answered. */
  updateState: {
    params: z.object({ scope: stateScope, insert: stateItems, remove: z.array(z.string()) }),
    result: nothing,
  },
  /** The answer to the notice `window.closing`: unsaved text is kept. */
  kept: { params: z.object({ page }), result: nothing },

  udevRules: { params: nothing, result: udevRules },
  /** Whether this computer is signed in to a FrontendMaster, without asking it. */
  cloud: { params: nothing, result: cloudState },
  /** By the system's browser (RFC 8252); resolves when the user has allowed it there. */
  signIn: { params: z.object({ page, url: z.string().max(500) }), result: cloudState },
  signOut: { params: nothing, result: cloudState },
  /** The user's own, and their live sessions. Throws `E_ACCOUNT_SIGNED_OUT`, as all that follow. */
  cloudProjects: { params: nothing, result: projectList.extend(sessionList.shape) },
  /** Opens a project of the cloud: its live session when there is one, else a new one, which may be queued. */
  openSession: {
    params: z.object({ owner: accountName, name: projectName }),
    result: z.object({ page: z.string() }),
  },
  /**
   * The session as soon as it differs from what the page has `seen`; as it was when nothing new is heard for 20 s.
   * Throws why it failed or ended.
   */
  followSession: {
    params: z.object({ session: sessionId, seen: session.nullable() }),
    result: session,
  },
  closeSession: { params: z.object({ session: sessionId }), result: nothing },
  /** For one link through `/connect/<session>`, see `linkTicket`. */
  sessionTicket: { params: z.object({ session: sessionId }), result: sessionTicket },
  /** Clones into a new folder `<into>/<name>`, whose git then pushes with this sign-in. */
  clone: {
    params: z.object({ owner: accountName, name: projectName, into: z.string().max(4096) }),
    result: z.object({ page: z.string() }),
  },
  /** Asks for the system's password. Throws `E_UDEV_FAILED`. */
  installUdevRules: { params: nothing, result: udevRules },
} as const;

export type DesktopCall = keyof typeof desktopCalls;
export type DesktopParams<K extends DesktopCall> = z.infer<(typeof desktopCalls)[K]['params']>;
export type DesktopResult<K extends DesktopCall> = z.infer<(typeof desktopCalls)[K]['result']>;
export type DesktopFolder = z.infer<typeof desktopFolder>;
export type RecentFolder = z.infer<typeof recentFolder>;
export type CloudState = z.infer<typeof cloudState>;
export type UdevRules = z.infer<typeof udevRules>;
export type UpdateState = z.infer<typeof updateState>;
