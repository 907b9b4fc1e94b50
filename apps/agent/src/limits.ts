/** Every bound of the agent and its pty host, with units in the names. */
export const limits = {
  /** From the dial of the control socket to the answer of `register`. */
  registerMs: 15_000,
  /** First wait before dialling FrontendMaster again; doubles up to `redialMaxMs`. */
  redialMinMs: 200,
  redialMaxMs: 10_000,
  /** A control socket without a pong for this long is dead. */
  controlSilenceMs: 30_000,
  /** From the `dial` notice to the 101 answer of a data socket. */
  streamDialMs: 10_000,
  /** From the browser's upgrade to an accepted link. */
  streamUpgradeMs: 10_000,
  /** Largest websocket message of the link; a link frame is at most 64 KiB and its head. */
  linkMessageBytesMax: 1024 * 1024,
  /** Remembered nonces of tickets; each is forgotten when its ticket has expired. */
  ticketNoncesMax: 10_000,
  /** Clone or fetch of the project. */
  cloneMs: 300_000,
  /** git commands that only touch the disk. */
  gitLocalMs: 60_000,
  /** git push and pull. */
  gitNetworkMs: 180_000,
  gitOutputBytesMax: 64 * 1024 * 1024,
  /** Files listed by one source control status. */
  statusFilesMax: 10_000,
  /** A file at a revision, shown beside the one on disk. */
  originalBytesMax: 16 * 1024 * 1024,
  /** Quiet time after which a change of the repository is told. */
  sourceControlQuietMs: 200,
  fileChunkBytes: 64 * 1024,
  /** Changes in one `files.changed` notice. */
  changesPerNoticeMax: 1000,
  /** Columns of a line in a search result; what lies behind is cut. */
  searchColumnsMax: 20_000,
  searchMs: 120_000,
  watchesPerConnectionMax: 256,
  /** Asking whether folders can be watched at all. */
  watchProbeMs: 10_000,
  /** From SIGTERM or SIGHUP to SIGKILL. */
  killGraceMs: 2000,
  /** Time for the project's shell to say its environment. */
  shellProbeMs: 10_000,
  /** Evaluating and fetching what shell.nix asks for. */
  nixShellMs: 600_000,
  /** What `env` says in a shell; Linux itself takes 128 KiB for one variable. */
  shellEnvironmentBytesMax: 4 * 1024 * 1024,
  /** One line of Nix's log; an error comes with its whole trace. */
  shellLogLineCharactersMax: 1024 * 1024,
  /** Files that a shell depends on, hashed to know whether it is still the same. */
  shellInputBytesMax: 64 * 1024 * 1024,
  /** How long a terminal waits for a shell that is known, after the login shell. */
  shellKnownMs: 150,
  /** Asking FrontendMaster for shells of other containers. */
  shellFrontendMs: 5000,
  shellRecordBytesMax: 192 * 1024,
  /** Versions of a shell that are remembered: branches are changed back and forth. */
  shellRecordsPerPlaceMax: 8,
  /** Quiet time after which it is looked whether a shell has changed. */
  shellQuietMs: 200,
  shellWatchedFoldersMax: 64,
  /** From a finished build's note to its being read: the note is whole by then. */
  nixNoteMs: 200,
  /** One build's note; a path is at most 260 bytes long. */
  nixNoteBytesMax: 64 * 1024,
  /** One `nix copy` to the cache: a large shell over a slow line. */
  nixCopyMs: 1_800_000,
  nixPush: {
    quietMs: 1000,
    retryFirstMs: 5000,
    retryMaxMs: 300_000,
    /** About ten minutes without the cache. */
    failuresMax: 8,
  },
  nixQueue: { pathsMax: 10_000, batchMax: 64, attemptsMax: 3, rememberedMax: 50_000 },
  /** For what still waits when the session closes; FrontendMaster waits longer for the answer. */
  nixDrainMs: 10_000,
  languageServersPerConnectionMax: 16,
  /** One message of a language server. */
  languageMessageBytesMax: 64 * 1024 * 1024,
  /** Restarts of one language server in `languageRestartWindowMs` before it is given up. */
  languageRestartsMax: 4,
  languageRestartWindowMs: 180_000,
  /** A whole build; place and route of a full FPGA takes minutes. */
  buildMs: 1_800_000,
  /** Source files that one glob of joh.json may match. */
  buildSourcesMax: 2000,
  /** What is kept of the tools' output for those who watch later. */
  buildLogCharactersMax: 2 * 1024 * 1024,
  buildLineCharactersMax: 8192,
  buildProblemsMax: 500,
  /** A report or a netlist that is read for the slowest paths; reading takes the agent 10 ms a megabyte. */
  reportBytesMax: 32 * 1024 * 1024,
  /** A build by Nix, with all that it fetches or must build first. */
  nixBuildMs: 7_200_000,
  /** One message of Nix's log; a trace through a package set is long. */
  nixMessageCharactersMax: 1024 * 1024,
  /** Derivations that are shown one by one. */
  nixStagesMax: 500,
  /** Results of a build, and what they were built from. */
  nixOutputsMax: 1000,
  /** Asking Nix's database what belongs to what. */
  nixQueryMs: 60_000,
  /** Files of the results that are looked at for bitstreams, and how deep. */
  artifactFilesMax: 2000,
  artifactDepthMax: 4,
  artifactsMax: 20,
  /** yosys and clang as WebAssembly: 10 s for a small computer, more for a large one on a busy machine. */
  simulationCompileMs: 300_000,
  telemetryMs: 1000,
  /** Below this much free space a warning is shown; once, until it is twice as much again. */
  diskFreeWarningBytes: 64 * 1024 * 1024,
  /** Connecting to the pty host, and each of its answers. */
  ptyHostAnswerMs: 5000,
  ptyHostStartMs: 5000,
  /** A container of so much memory has the terminal's code loaded before anybody opens one. */
  roomyBytes: 2 ** 30,
  terminalsMax: 32,
  /** Lines of scrollback the pty host keeps for each terminal. */
  scrollbackLines: 2000,
  /** Unparsed output at which a terminal is paused, and where it goes on. */
  screenBacklogBytesHigh: 1024 * 1024,
  screenBacklogBytesLow: 256 * 1024,
  /** Output waiting for one attached client at which the terminal is paused. */
  clientBacklogBytesHigh: 512 * 1024,
  /** A client that takes nothing for this long is given the screen later instead. */
  clientStallMs: 2000,
  /** Bytes of an unfinished escape sequence that are kept for a late client. */
  sequenceBytesMax: 64 * 1024,
  /** A page cut off for this long counts as gone, and its boards as unplugged. */
  usbCutMs: 5000,
  /** Programs of a session that use USB at once. */
  usbToolsMax: 64,
  /** Replies that one of them leaves unread. */
  usbToolBacklogBytesMax: 64 * 1024 * 1024,
  /** Desktop: wrong secrets in `guessWindowMs` after which each further one waits. */
  guessesMax: 20,
  guessWindowMs: 60_000,
  guessPauseMs: 10_000,
  /** Connections to the desktop's port, of whoever. */
  connectionsMax: 512,
  /** Connections of the desktop's port that have not shown the secret. */
  strangersMax: 32,
  strangerMs: 5000,
  /** A request of a page outside of a link; a layout is some hundred KiB. */
  callBytesMax: 8 * 1024 * 1024,
  /** The shell's answer; a dialog waits for a person. */
  shellAnswerMs: 10_000,
  shellDialogMs: 3_600_000,
  shellLineCharactersMax: 64 * 1024,
  /** For pages to keep unsaved text when a window is about to go: on a computer with much to do it took 2 s. */
  closingMs: 10_000,
  /** How often it is looked whether windows of a folder that is opened anew have gone. */
  retiringLookMs: 50,
  /** From the end of standard input to the end of the agent, its programs included. */
  desktopEndMs: 5000,
  /** A desktop's pty host without an agent: the agent was killed. */
  desktopOrphanMs: 1500,
  /** For the agent before, whose shell was killed, to let its data folder go. */
  dataLockMs: 8000,
  dataLockLookMs: 100,
  /** A window that waits for its session is answered then, whether there is news or not. */
  followMs: 20_000,
  /** From the first message of a session's window to FrontendMaster's end of its link. */
  relayDialMs: 10_000,
  /** What waits for a slow end at which the other is paused, and where it goes on. */
  relayBytesHigh: 512 * 1024,
  relayBytesLow: 128 * 1024,
  /** An end that takes nothing for so long is gone. */
  relayStallMs: 30_000,
  knownFoldersMax: 200,
  recentFoldersMax: 20,
  /** A file that a window reads whole. */
  pageFileBytesMax: 256 * 1024 * 1024,
  /** How often it is looked whether a board was plugged in, while a window wants to know. */
  deviceLookMs: 1500,
  udevMs: 120_000,
  /** How long an answer about newer versions will do, unless the user asks. */
  updateFreshMs: 6 * 3_600_000,
  /** Without a byte for this long a server is given up. */
  updateIdleMs: 15_000,
  updateLookMs: 20_000,
  updateListBytesMax: 64 * 1024,
  updateFetchMs: 1_800_000,
  updatePackageBytesMax: 512 * 1024 * 1024,
  /** The system's dialog waits for a person. */
  updateInstallMs: 900_000,
  /** A pty host that the agent started ends after this long without an agent. */
  ptyHostOrphanMs: 120_000,
} as const;
