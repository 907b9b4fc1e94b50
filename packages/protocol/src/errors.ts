/**
 * The one table of errors that can reach a user. HTTP, RPC and websocket closes are all made from
 * the same row: what happened, what was kept, what to do.
 */
import { z } from 'zod';

export interface ErrorRow {
  /** HTTP status (RFC 9110 §15). */
  status: number;
  /** What happened; `{name}` is filled from the fault's details. */
  what: string;
  /** What was kept. */
  kept: string;
  /** What to do. */
  todo: string;
  /** When trying the same again can help. */
  retry: 'never' | 'later' | 'now';
}

export const errors = {
  E_REQUEST_INVALID: {
    status: 400,
    what: 'The request is not valid: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Correct the named field and send it again.',
    retry: 'never',
  },
  E_REQUEST_TOO_LARGE: {
    status: 413,
    what: 'The upload is larger than the limit of {limitBytes} bytes.',
    kept: 'Nothing was stored.',
    todo: 'Send a smaller file, or push it with git in parts.',
    retry: 'never',
  },
  E_REQUEST_TOO_MANY: {
    status: 429,
    what: 'Too many requests of this kind in a short time.',
    kept: 'Nothing was changed.',
    todo: 'Wait {seconds} seconds and try again.',
    retry: 'later',
  },
  E_ROUTE_UNKNOWN: {
    status: 404,
    what: 'There is nothing at {path}.',
    kept: 'Nothing was changed.',
    todo: 'Check the address.',
    retry: 'never',
  },
  E_ORIGIN_FOREIGN: {
    status: 403,
    what: 'The request came from a page of another site.',
    kept: 'Nothing was changed.',
    todo: 'Open the product at its own address and try again there.',
    retry: 'never',
  },
  E_ACCOUNT_SIGNED_OUT: {
    status: 401,
    what: 'You are not signed in, or your sign-in has ended.',
    kept: 'Your projects and what you pushed are kept.',
    todo: 'Sign in and try again.',
    retry: 'never',
  },
  E_ACCOUNT_PASSWORD_WRONG: {
    status: 401,
    what: 'The e-mail address or the password is wrong.',
    kept: 'Nothing was changed.',
    todo: 'Check both and try again.',
    retry: 'never',
  },
  E_ACCOUNT_NAME_TAKEN: {
    status: 409,
    what: 'The name "{name}" is taken.',
    kept: 'Nothing was created.',
    todo: 'Choose another name.',
    retry: 'never',
  },
  E_ACCOUNT_EMAIL_TAKEN: {
    status: 409,
    what: 'There is already an account with this e-mail address.',
    kept: 'Nothing was created.',
    todo: 'Sign in instead.',
    retry: 'never',
  },
  E_ACCOUNT_CODE_WRONG: {
    status: 400,
    what: 'This sign-in by the browser is over, was used before, or belongs to another program.',
    kept: 'Nobody was signed in by it.',
    todo: 'Start the sign-in again.',
    retry: 'never',
  },
  E_ACCOUNT_NOT_ALLOWED: {
    status: 403,
    what: 'The sign-in was not allowed in the browser.',
    kept: 'Nobody was signed in.',
    todo: 'Start the sign-in again, and choose "Allow" in the browser.',
    retry: 'never',
  },
  E_ACCOUNT_BROWSER_SILENT: {
    status: 408,
    what: 'The browser did not finish the sign-in within {minutes} minutes.',
    kept: 'Nobody was signed in.',
    todo: 'Start the sign-in again. If no page opened, copy the address that was shown into a browser of this computer.',
    retry: 'never',
  },
  E_ACCOUNT_NOT_OPERATOR: {
    status: 403,
    what: 'Only an operator may see or change this.',
    kept: 'Nothing was changed.',
    todo: 'Ask the operator of this installation; the first account that signed up is one.',
    retry: 'never',
  },
  E_METRICS_REFUSED: {
    status: 403,
    what: 'Metrics are for this machine, or for who shows the metrics token.',
    kept: 'Nothing was changed.',
    todo: 'Ask on the machine itself, or send JOH_METRICS_TOKEN as bearer token.',
    retry: 'never',
  },
  E_PROJECT_UNKNOWN: {
    status: 404,
    what: 'There is no project "{project}" that you can see.',
    kept: 'Nothing was changed.',
    todo: 'Check the name, or ask its owner.',
    retry: 'never',
  },
  E_PROJECT_NAME_TAKEN: {
    status: 409,
    what: 'You already have a project named "{name}".',
    kept: 'The existing project was not touched.',
    todo: 'Choose another name, or open the existing project.',
    retry: 'never',
  },
  E_PROJECT_TOO_MANY: {
    status: 409,
    what: 'You have {limit} projects, which is the most an account can have.',
    kept: 'Your projects are unchanged.',
    todo: 'Delete a project you no longer need, then try again.',
    retry: 'never',
  },
  E_TEMPLATE_UNKNOWN: {
    status: 404,
    what: 'There is no template "{template}".',
    kept: 'Nothing was created.',
    todo: 'Choose one of: {templates}.',
    retry: 'never',
  },
  E_REPOSITORY_REFUSED: {
    status: 403,
    what: 'This token may not use the repository "{project}".',
    kept: 'The repository was not touched.',
    todo: 'Open the project again to get a fresh token.',
    retry: 'never',
  },
  E_REPOSITORY_FAILED: {
    status: 500,
    what: 'The repository could not be read or written: {reason}.',
    kept: 'What was pushed before is kept.',
    todo: 'Try again; if it stays, report it.',
    retry: 'later',
  },
  E_SESSION_UNKNOWN: {
    status: 404,
    what: 'There is no such session, or it is not yours.',
    kept: 'What was pushed is in the project.',
    todo: 'Open the project again from your projects page.',
    retry: 'never',
  },
  E_SESSION_ENDED: {
    status: 410,
    what: 'This session has ended.',
    kept: 'What was pushed is in the project.',
    todo: 'Open the project again.',
    retry: 'never',
  },
  E_SESSION_NOT_READY: {
    status: 409,
    what: 'The session is not ready: it is {state}.',
    kept: 'Your place and your work are kept.',
    todo: 'Wait until it is ready; its progress says how far it is.',
    retry: 'later',
  },
  E_SESSION_EPOCH_OLD: {
    status: 409,
    what: 'The session has moved to another container.',
    kept: 'The newer container has the work.',
    todo: 'Reload the page.',
    retry: 'never',
  },
  E_SESSION_TOO_MANY: {
    status: 409,
    what: 'You already have {limit} open sessions, which is the most one account may have.',
    kept: 'Your open sessions go on.',
    todo: 'Close one that you do not need, then open this project again.',
    retry: 'never',
  },
  E_SESSION_QUEUE_FULL: {
    status: 503,
    what: 'All containers are in use and the queue is full.',
    kept: 'Your project is unchanged.',
    todo: 'Try again in a few minutes.',
    retry: 'later',
  },
  E_SESSION_PREPARE_FAILED: {
    status: 500,
    what: 'The project could not be prepared: {reason}.',
    kept: 'What was pushed is in the project.',
    todo: 'Open the project again; if it stays, report it with this message.',
    retry: 'later',
  },
  E_SESSION_CONTAINER_LOST: {
    status: 503,
    what: 'The container of this session ended: {reason}.',
    kept: 'What was pushed is in the project.',
    todo: 'Open the project again; it gets a fresh container.',
    retry: 'now',
  },
  E_TICKET_REFUSED: {
    status: 403,
    what: 'The ticket for this connection is used, expired or not for this session.',
    kept: 'The session goes on.',
    todo: 'Reload the page.',
    retry: 'now',
  },
  E_FRONTEND_UNREACHABLE: {
    status: 503,
    what: 'FrontendMaster at {url} does not answer: {reason}.',
    kept: 'Running sessions and all projects are kept.',
    todo: 'Check the address and that it is running, then try again.',
    retry: 'later',
  },
  E_PAGE_INCOMPLETE: {
    status: 503,
    what: 'A part of the page did not arrive.',
    kept: 'The session goes on, and what you typed is kept.',
    todo: 'Check the network, then load the page again.',
    retry: 'now',
  },
  E_FRONTEND_OTHER_VERSION: {
    status: 502,
    what: 'The Joy of Hardware at {url} is of another version than this application.',
    kept: 'Your projects and sessions there are as they were.',
    todo: 'Update this application, or open the project in your browser.',
    retry: 'never',
  },
  E_LINK_CLOSED: {
    status: 503,
    what: 'The connection to the session was closed.',
    kept: 'The session and its terminals go on.',
    todo: 'Reload the page.',
    retry: 'now',
  },
  E_LINK_FORGOTTEN: {
    status: 410,
    what: 'The connection was cut for too long, and the other side has let go of it.',
    kept: 'The session, its terminals and every saved file.',
    todo: 'Reload the page.',
    retry: 'now',
  },
  E_LINK_PROTOCOL: {
    status: 400,
    what: 'The other side of the connection does not keep to the protocol: {reason}.',
    kept: 'The session and its terminals go on.',
    todo: 'Reload the page; if it stays, report it.',
    retry: 'now',
  },
  E_CHANNEL_CLOSED: {
    status: 409,
    what: 'What this was sent to has already ended.',
    kept: 'What arrived before the end.',
    todo: 'Open it again.',
    retry: 'now',
  },
  E_MESSAGE_TOO_LARGE: {
    status: 413,
    what: 'A message is larger than the limit of {limitBytes} bytes.',
    kept: 'Nothing of it was sent.',
    todo: 'Send it in parts.',
    retry: 'never',
  },
  E_AGENT_UNREACHABLE: {
    status: 503,
    what: 'The agent did not answer in time.',
    kept: 'What it runs goes on if it is alive, terminals too.',
    todo: 'Wait a moment; the page connects again by itself.',
    retry: 'now',
  },
  E_AGENT_REFUSED: {
    status: 403,
    what: 'The agent showed a token that is used, expired or unknown.',
    kept: 'Nothing was changed.',
    todo: 'The container is replaced by itself.',
    retry: 'never',
  },
  E_ENGINE_UNREACHABLE: {
    status: 503,
    what: 'The container engine does not answer: {reason}.',
    kept: 'Running sessions and all projects are kept.',
    todo: 'Start the engine; the pool fills by itself.',
    retry: 'later',
  },
  E_ENGINE_REFUSED: {
    status: 500,
    what: 'The container engine refused: {reason}.',
    kept: 'Running sessions and all projects are kept.',
    todo: 'Correct what it names; the pool fills by itself.',
    retry: 'later',
  },
  E_NODE_UNKNOWN: {
    status: 404,
    what: 'There is no node "{node}".',
    kept: 'Nothing was changed.',
    todo: 'Choose one that `joh nodes` lists.',
    retry: 'never',
  },
  E_NODE_EXISTS: {
    status: 409,
    what: 'There is already a node "{node}", {place}.',
    kept: 'It goes on as it is.',
    todo: 'Choose another name, or remove that node first.',
    retry: 'never',
  },
  E_NODE_BUSY: {
    status: 409,
    what: 'Sessions still run on the node "{node}": {sessions}.',
    kept: 'They go on.',
    todo: 'Drain the node, wait until they are closed, then remove it.',
    retry: 'later',
  },
  E_NODE_JOIN_IMPOSSIBLE: {
    status: 409,
    what: 'No machine can join: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Change the configuration of FrontendMaster as it says and start it again.',
    retry: 'never',
  },
  E_NODE_JOIN_REFUSED: {
    status: 403,
    what: 'The join token is used, expired or unknown.',
    kept: 'The machine was not changed.',
    todo: 'Run `joh node join` again and paste what it prints.',
    retry: 'never',
  },
  E_NODE_CONFIGURATION: {
    status: 409,
    what: "The machine's Docker configuration does not allow it to join: {reason}.",
    kept: 'The machine was not changed.',
    todo: 'Correct /etc/docker/daemon.json on it, then paste the same command again.',
    retry: 'never',
  },
  E_STORE_FULL: {
    status: 507,
    what: 'The disk of FrontendMaster is full.',
    kept: 'Everything acknowledged before is kept.',
    todo: 'Free space in the data directory, then try again.',
    retry: 'later',
  },
  E_CACHE_SIGNED_OUT: {
    status: 401,
    what: 'The cache does not know who asks.',
    kept: 'Nothing was changed.',
    todo: 'Put a token for this host into the netrc file that Nix uses (netrc-file).',
    retry: 'never',
  },
  E_CACHE_REFUSED: {
    status: 403,
    what: 'These credentials may not {access} the cache of "{namespace}".',
    kept: 'Nothing was stored.',
    todo: 'Use your own namespace, or ask the operator.',
    retry: 'never',
  },
  E_CACHE_INVALID: {
    status: 400,
    what: 'The upload is not what it says: {reason}.',
    kept: 'Nothing of it was stored.',
    todo: 'Copy the path again with `nix copy`; if it stays, check it with `nix store verify`.',
    retry: 'never',
  },
  E_CACHE_EXISTS: {
    status: 409,
    what: 'The cache has {path} already, with other contents.',
    kept: 'What it has; paths never change.',
    todo: 'Fetch it from the cache instead of uploading your own.',
    retry: 'never',
  },
  E_CACHE_REFERENCE: {
    status: 422,
    what: 'The path refers to {reference}, which is not in the cache.',
    kept: 'The archive; the path is not shown.',
    todo: 'Copy the whole closure, as `nix copy` does.',
    retry: 'never',
  },
  E_CACHE_TOO_LARGE: {
    status: 413,
    what: 'The upload is larger than the limit of {limitBytes} bytes.',
    kept: 'Nothing of it was stored.',
    todo: 'Leave this path out of the cache.',
    retry: 'never',
  },
  E_CACHE_QUOTA: {
    status: 413,
    what: 'The cache of "{namespace}" is full: it may have {limitBytes} bytes.',
    kept: 'Everything that was uploaded before.',
    todo: 'Remove roots that are no longer needed, or ask the operator for more.',
    retry: 'never',
  },
  E_CACHE_COMPRESSION: {
    status: 415,
    what: 'The compression "{compression}" is not supported.',
    kept: 'Nothing was stored.',
    todo: 'Add ?compression=zstd to the address of the cache; xz and none are supported too.',
    retry: 'never',
  },
  E_CACHE_SLOW: {
    status: 408,
    what: 'The upload brought next to nothing for {seconds} seconds.',
    kept: 'Nothing of it was stored.',
    todo: 'Check the connection and copy again.',
    retry: 'later',
  },
  E_CACHE_PUSH_FAILED: {
    status: 502,
    what: 'Some of what Nix built here could not be copied to the cache: {reason}.',
    kept: 'All of it, in this session.',
    todo: 'Go on working; another session may have to build it again.',
    retry: 'later',
  },
  E_CACHE_UPSTREAM: {
    status: 502,
    what: 'The upstream cache did not give the archive: {reason}.',
    kept: 'What the cache has itself.',
    todo: 'Try again; Nix builds it itself with --fallback.',
    retry: 'later',
  },
  E_FILE_UNKNOWN: {
    status: 404,
    what: 'There is no file or folder at {path}.',
    kept: 'Nothing was changed.',
    todo: 'Check the path.',
    retry: 'never',
  },
  E_FILE_EXISTS: {
    status: 409,
    what: 'There is already something at {path}.',
    kept: 'It was not overwritten.',
    todo: 'Choose another name, or overwrite on purpose.',
    retry: 'never',
  },
  E_FILE_CHANGED: {
    status: 409,
    what: 'The file {path} was changed by something else since you read it.',
    kept: 'Both versions: the one on disk and the one in your editor.',
    todo: 'Compare them and save again.',
    retry: 'never',
  },
  E_FILE_NOT_DIRECTORY: {
    status: 409,
    what: '{path} is not a folder.',
    kept: 'Nothing was changed.',
    todo: 'Check the path.',
    retry: 'never',
  },
  E_FILE_IS_DIRECTORY: {
    status: 409,
    what: '{path} is a folder, or a folder that is not empty.',
    kept: 'Nothing was changed.',
    todo: 'Name a file, or remove the folder with its contents on purpose.',
    retry: 'never',
  },
  E_FILE_REFUSED: {
    status: 403,
    what: 'The system refuses access to {path}: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Check the permissions of the file.',
    retry: 'never',
  },
  E_FILE_TOO_LARGE: {
    status: 413,
    what: '{path} is larger than {limitBytes} bytes.',
    kept: 'Nothing was changed.',
    todo: 'Use a terminal or `joh cp` for files of this size.',
    retry: 'never',
  },
  E_DISK_FULL: {
    status: 507,
    what: 'The disk is full.',
    kept: 'The file on disk is the version before this save; your editor holds the new one.',
    todo: 'Delete files you do not need in a terminal, then save again.',
    retry: 'later',
  },
  E_FOLDER_UNKNOWN: {
    status: 404,
    what: 'There is no folder {path} that can be opened.',
    kept: 'Nothing was changed.',
    todo: 'Check the path; a folder on a drive or a share must be connected first.',
    retry: 'never',
  },
  E_FOLDER_UNTRUSTED: {
    status: 403,
    what: 'This folder is not trusted, so {action} is off.',
    kept: 'Your files can be read and edited.',
    todo: 'Trust the folder if you know where it comes from: Manage Workspace Trust.',
    retry: 'never',
  },
  E_DESKTOP_REFUSED: {
    status: 422,
    what: 'The desktop did not do it: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Try it in another way, for example by typing the path.',
    retry: 'never',
  },
  E_DESKTOP_SECRET: {
    status: 401,
    what: 'This page was not opened by the application that runs now.',
    kept: 'Your files, settings and unsaved text are on this computer.',
    todo: 'Close this window and open it again from the application.',
    retry: 'never',
  },
  E_DATA_IN_USE: {
    status: 409,
    what: 'Another Joy of Hardware of this computer has its files in {folder}.',
    kept: 'Its windows and your files are as they were.',
    todo: 'Close the other one, or end its process if it has no window, and try again.',
    retry: 'later',
  },
  E_UDEV_FAILED: {
    status: 422,
    what: 'The rules for USB boards were not written: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Write the text that is shown to {path} yourself, as root.',
    retry: 'now',
  },
  E_UPDATE_UNREACHABLE: {
    status: 502,
    what: 'Asking {host} for a newer version failed: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Try it later; this version goes on to work.',
    retry: 'later',
  },
  E_UPDATE_UNTRUSTED: {
    status: 422,
    what: 'The newer version was refused: {reason}.',
    kept: 'Nothing was installed.',
    todo: 'Tell whoever gave you this application, and do not install the package by hand.',
    retry: 'later',
  },
  E_UPDATE_FAILED: {
    status: 422,
    what: 'The newer version was not installed: {reason}.',
    kept: 'This version goes on to work, and the package is kept.',
    todo: 'Try again, or type this in a terminal: {command} (it asks for your password).',
    retry: 'now',
  },
  E_TERMINAL_UNKNOWN: {
    status: 404,
    what: 'This terminal has ended.',
    kept: 'Files are kept.',
    todo: 'Open a new terminal.',
    retry: 'never',
  },
  E_PROCESS_FAILED: {
    status: 422,
    what: 'The program "{program}" could not be started: {reason}.',
    kept: 'Nothing was changed.',
    todo: 'Check that it is installed and its name is right.',
    retry: 'never',
  },
  E_LANGUAGE_UNKNOWN: {
    status: 404,
    what: 'There is no language server "{server}".',
    kept: 'Editing goes on without it.',
    todo: 'Add one to shell.nix, or use a language that has one.',
    retry: 'never',
  },
  E_SOURCE_CONTROL_NONE: {
    status: 404,
    what: '{path} is in no git repository.',
    kept: 'Nothing was changed.',
    todo: 'Run git init in a terminal if you want its versions to be kept.',
    retry: 'never',
  },
  E_SOURCE_CONTROL_FAILED: {
    status: 422,
    what: 'Git refused: {reason}.',
    kept: 'The working copy is unchanged.',
    todo: 'Do what git says, for example in a terminal.',
    retry: 'never',
  },
  E_BUILD_RUNNING: {
    status: 409,
    what: 'A build of this project is already running.',
    kept: 'The running build goes on.',
    todo: 'Wait for it, or cancel it first.',
    retry: 'later',
  },
  E_BUILD_UNKNOWN: {
    status: 404,
    what: 'There is no such build.',
    kept: 'Nothing was changed.',
    todo: 'Start a build.',
    retry: 'never',
  },
  E_BUILD_FAILED: {
    status: 422,
    what: 'The build failed in {stage}: {reason}.',
    kept: 'Your files, and the last good bitstream.',
    todo: 'Correct the first problem in the list and build again.',
    retry: 'never',
  },
  E_BUILD_CONFIGURATION: {
    status: 422,
    what: 'The build is not described: {reason}.',
    kept: 'Your files.',
    todo: 'Correct joh.json at the top of the project; docs/projects.md shows one.',
    retry: 'never',
  },
  E_SIMULATION_UNKNOWN: {
    status: 404,
    what: 'The design of this bitstream is not known here.',
    kept: 'The board stays programmed; its lights cannot be shown.',
    todo: 'Build the project with Build Bitstream, then program the board again.',
    retry: 'never',
  },
  E_SIMULATION_UNSUPPORTED: {
    status: 422,
    what: 'This design cannot be simulated: it has {part}.',
    kept: 'The bitstream; a real board runs it.',
    todo: 'Take that part out of the design to see it on the virtual board.',
    retry: 'never',
  },
  E_SIMULATION_FAILED: {
    status: 422,
    what: 'The design could not be compiled for the virtual board: {reason}.',
    kept: 'The bitstream; a real board runs it.',
    todo: 'Try again; where memory ran out, open the project in a container of the class standard.',
    retry: 'now',
  },
  E_WAVES_UNREADABLE: {
    status: 422,
    what: 'This is not a waveform that can be read: {reason}.',
    kept: 'The file.',
    todo: 'Run the simulation again, to its end; waveforms are VCD files, which simulators write by $dumpfile or --vcd.',
    retry: 'never',
  },
  E_BITSTREAM_UNREADABLE: {
    status: 422,
    what: 'This is not a bitstream that can be read: {reason}.',
    kept: 'Nothing was sent to the board.',
    todo: 'Build the project again.',
    retry: 'never',
  },
  E_BITSTREAM_OTHER_DEVICE: {
    status: 409,
    what: 'The bitstream is for {bitstreamDevice}, the board has {boardDevice}.',
    kept: 'Nothing was sent to the board.',
    todo: 'Choose the right board, or rebuild for {boardDevice}.',
    retry: 'never',
  },
  E_BOARD_UNKNOWN: {
    status: 404,
    what: 'There is no board "{board}".',
    kept: 'Nothing was sent.',
    todo: 'Choose one of: {boards}.',
    retry: 'never',
  },
  E_BOARD_DISCONNECTED: {
    status: 409,
    what: 'The board {board} was unplugged.',
    kept: 'The bitstream file is kept; the board may be half programmed.',
    todo: 'Plug it in and program it again.',
    retry: 'now',
  },
  E_BOARD_DENIED: {
    status: 403,
    what: 'The system does not let the browser open {board}.',
    kept: 'Nothing was sent to the board.',
    todo: 'Follow the steps for your system in the Board view.',
    retry: 'now',
  },
  E_BOARD_BUSY: {
    status: 409,
    what: 'Another program is using {board}.',
    kept: 'Nothing was sent to the board.',
    todo: 'Close the other program or unload its driver, then try again.',
    retry: 'now',
  },
  E_USB_MISSING: {
    status: 422,
    what: 'There is no USB here that programs can reach: {reason}.',
    kept: 'Nothing was sent to a board.',
    todo: 'Run it on the computer that has the board, or name a simulated board.',
    retry: 'never',
  },
  E_BOARD_AMBIGUOUS: {
    status: 409,
    what: 'Several boards fit: {boards}.',
    kept: 'Nothing was sent to any of them.',
    todo: 'Say which one, by its name or its serial number.',
    retry: 'never',
  },
  E_BOARD_NONE: {
    status: 404,
    what: 'No board of the table is attached to this computer.',
    kept: 'Nothing was sent.',
    todo: 'Plug the board in, or look at its cable; a simulated board needs none.',
    retry: 'now',
  },
  E_BOARD_IN_USE: {
    status: 409,
    what: '{board} is used by {user}.',
    kept: 'Nothing was sent to the board, and what runs there goes on.',
    todo: 'Wait until it has ended, or end it there; the Board view shows who uses a board.',
    retry: 'later',
  },
  E_BOARD_TIMEOUT: {
    status: 504,
    what: '{board} did not answer in time while {step}.',
    kept: 'The bitstream file is kept.',
    todo: 'Unplug it, plug it in again and retry.',
    retry: 'now',
  },
  E_BOARD_REFUSED: {
    status: 422,
    what: '{board} refused the bitstream: {reason}.',
    kept: 'The bitstream file is kept; the FPGA is not configured.',
    todo: 'Build the project again; if it stays, the file is damaged or the board is.',
    retry: 'never',
  },
  E_BOARD_VERIFY_FAILED: {
    status: 422,
    what: '{board} holds something else than was written, first at byte {offset}.',
    kept: 'The bitstream file is kept.',
    todo: 'Program it again; if it stays, the flash is worn or protected.',
    retry: 'now',
  },
  E_INTERNAL: {
    status: 500,
    what: 'Something went wrong inside the product.',
    kept: 'Everything acknowledged before is kept.',
    todo: 'Try again; if it stays, report it with the reference {reference}.',
    retry: 'later',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;
export type FaultDetails = Readonly<Record<string, string | number | boolean | null>>;

/** How a fault travels: the HTTP body `{error: …}`, an RPC error's `data`, a session's `failure`. */
export const faultBody = z.object({
  code: z.string(),
  message: z.string(),
  kept: z.string(),
  todo: z.string(),
  retry: z.enum(['never', 'later', 'now']),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type FaultBody = z.infer<typeof faultBody>;

/** The only error that may travel outward. Made by `fault`. */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: ErrorCode;
  readonly details: FaultDetails;
  constructor(code: ErrorCode, details: FaultDetails, options?: ErrorOptions) {
    super(fill(errors[code].what, details), options);
    this.code = code;
    this.details = details;
  }
  get status(): number {
    return errors[this.code].status;
  }
  /** The body that crosses a process. */
  body(): FaultBody {
    const row: ErrorRow = errors[this.code];
    return {
      code: this.code,
      message: this.message,
      kept: fill(row.kept, this.details),
      todo: fill(row.todo, this.details),
      retry: row.retry,
      details: this.details,
    };
  }
}

/** Makes the fault of one row of the table. */
export function fault(code: ErrorCode, details: FaultDetails = {}, options?: ErrorOptions): Fault {
  return new Fault(code, details, options);
}

/** Rebuilds a fault on the receiving side; an unknown code (a newer peer) becomes `E_INTERNAL`. */
export function faultOf(body: unknown): Fault {
  const parsed = faultBody.safeParse(body);
  if (!parsed.success) return fault('E_INTERNAL', { reference: 'none' });
  const { code, details } = parsed.data;
  if (code in errors) return fault(code as ErrorCode, details);
  return fault('E_INTERNAL', { reference: code });
}

/** Reports whether a thrown value is a fault, of a given code if one is named. */
export function isFault(error: unknown, code?: ErrorCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}

function fill(text: string, details: FaultDetails): string {
  return text.replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? 'unknown'));
}
