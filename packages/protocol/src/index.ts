/** Every contract that crosses a process. Imports nothing of ours; pure. */
export {
  account,
  signIn,
  signUp,
  signedIn,
  type Account,
  type SignIn,
  type SignUp,
  type SignedIn,
} from './accounts.ts';
export {
  agentNotices,
  agentRpc,
  fileChange,
  fileEntry,
  fileStat,
  fileType,
  languageServer,
  sourceControlStatus,
  terminal,
  type FileChange,
  type FileEntry,
  type FileStat,
  type LanguageServer,
  type SourceControlStatus,
  type Terminal,
} from './agent-rpc.ts';
export {
  bitstreamInformation,
  build,
  buildEvent,
  problem,
  projectSettings,
  timing,
  utilisation,
  type BitstreamInformation,
  type Build,
  type BuildEvent,
  type Problem,
  type ProjectSettings,
} from './builds.ts';
export {
  channels,
  fileWritten,
  processByte,
  processExit,
  textMatch,
  type ChannelKind,
  type ChannelParams,
  type FileWritten,
  type ProcessExit,
  type TextMatch,
} from './channels.ts';
export { closes } from './closes.ts';
export {
  agentControl,
  agentPaths,
  controlSubprotocol,
  frontendControl,
  prepare,
  tunnelUpgrade,
  type Prepare,
} from './control.ts';
export {
  Fault,
  errors,
  fault,
  faultBody,
  faultOf,
  isFault,
  type ErrorCode,
  type ErrorRow,
  type FaultBody,
  type FaultDetails,
} from './errors.ts';
export {
  containerId,
  nodeId,
  projectId,
  sessionId,
  streamId,
  userId,
  type ContainerId,
  type NodeId,
  type ProjectId,
  type SessionId,
  type StreamId,
  type UserId,
} from './ids.ts';
export {
  type Contract,
  type Method,
  type MethodTable,
  type Notice,
  type NoticeTable,
  type ParamsOf,
  type ResultOf,
} from './methods.ts';
export { accountName, projectName, projectPath } from './names.ts';
export {
  containerClass,
  containerState,
  node,
  nodeList,
  pool,
  resources,
  type ContainerClass,
  type ContainerState,
  type Node,
  type Pool,
  type Resources,
} from './nodes.ts';
export {
  project,
  projectCreate,
  projectList,
  template,
  templateList,
  type Project,
  type ProjectCreate,
  type Template,
} from './projects.ts';
export {
  session,
  sessionCreate,
  sessionList,
  sessionProgress,
  sessionState,
  sessionTicket,
  type Session,
  type SessionCreate,
  type SessionProgress,
  type SessionState,
  type SessionTicket,
} from './sessions.ts';
export { telemetrySample, type TelemetrySample } from './telemetry.ts';
export { ticketClaims, type TicketClaims } from './ticket.ts';
