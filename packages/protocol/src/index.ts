/** Every contract that crosses a process. Imports nothing of ours; pure. */
export {
  type Account,
  type Authorization,
  type AuthorizationCode,
  account,
  authorization,
  authorizationCode,
  authorized,
  type SignedIn,
  type SignIn,
  type SignUp,
  signedIn,
  signIn,
  signUp,
} from './accounts.ts';
export {
  agentNotices,
  agentRpc,
  type FileChange,
  type FileEntry,
  type FileStat,
  fileChange,
  fileEntry,
  fileStat,
  fileType,
  type LanguageServer,
  languageServer,
  type SourceControlStatus,
  sourceControlStatus,
  type Terminal,
  terminal,
} from './agent-rpc.ts';
export {
  type BitstreamInformation,
  type Build,
  type BuildEvent,
  type Builder,
  type BuilderOffer,
  bitstreamInformation,
  build,
  buildEvent,
  builder,
  type Problem,
  type ProjectSettings,
  problem,
  projectSettings,
  type TimingPath,
  timing,
  utilisation,
} from './builds.ts';
export { joinBytes } from './bytes.ts';
export {
  type ChannelKind,
  type ChannelParams,
  channels,
  type FileWritten,
  fileWritten,
  type ProcessExit,
  processByte,
  processExit,
  type TextMatch,
  textMatch,
} from './channels.ts';
export { closes } from './closes.ts';
export { type ContainerEnvironment, containerEnvironment } from './container.ts';
export {
  agentControl,
  agentPaths,
  controlSubprotocol,
  frontendControl,
  type Prepare,
  prepare,
  tunnelUpgrade,
} from './control.ts';
export {
  type AgentLine,
  agentLine,
  type DesktopReply,
  type DesktopRequest,
  type DesktopStart,
  deskLink,
  desktopPages,
  desktopReply,
  desktopRequest,
  desktopStart,
  linkTicket,
  pageSubject,
  readLinkTicket,
  type ShellLine,
  shellLine,
} from './desktop.ts';
export {
  type CloudState,
  type DesktopCall,
  type DesktopFolder,
  type DesktopParams,
  type DesktopResult,
  desktopCalls,
  type RecentFolder,
  type UdevRules,
  type UpdateState,
} from './desktop-calls.ts';
export { deviceNotices, deviceRpc, type UsbDeviceDescription } from './devices.ts';
export {
  type ErrorCode,
  type ErrorRow,
  errors,
  Fault,
  type FaultBody,
  type FaultDetails,
  fault,
  faultBody,
  faultOf,
  isFault,
} from './errors.ts';
export {
  type ContainerId,
  containerId,
  type NodeId,
  nodeId,
  type ProjectId,
  projectId,
  type SessionId,
  type StreamId,
  sessionId,
  streamId,
  type UserId,
  userId,
} from './ids.ts';
export type {
  Contract,
  Method,
  MethodTable,
  Notice,
  NoticeTable,
  ParamsOf,
  ResultOf,
} from './methods.ts';
export { accountName, projectName, projectPath } from './names.ts';
export {
  type ClassWishes,
  type ContainerClass,
  type ContainerState,
  containerClass,
  containerState,
  type ImageRollOut,
  type Node,
  type NodeState,
  node,
  nodeList,
  type Pool,
  type PoolWish,
  pool,
  poolWish,
  type Resources,
  resources,
} from './nodes.ts';
export { idePolicy } from './page.ts';
export {
  type Project,
  type ProjectCreate,
  project,
  projectCreate,
  projectList,
  type Template,
  template,
  templateList,
} from './projects.ts';
export {
  type NodeEvent,
  type NodeEventKind,
  type NodeJoinCreate,
  type NodeJoinCreated,
  nodeJoin,
  nodeJoinCreate,
  nodeJoinCreated,
  nodeJoined,
  type Rack,
  rack,
  rackQuery,
} from './rack.ts';
export {
  type Session,
  type SessionCreate,
  type SessionProgress,
  type SessionState,
  type SessionTicket,
  session,
  sessionCreate,
  sessionList,
  sessionProgress,
  sessionState,
  sessionTicket,
} from './sessions.ts';
export {
  type ShellInput,
  type ShellRecord,
  type ShellState,
  shellRecord,
  shellRecords,
  shellState,
  type VariableChange,
} from './shells.ts';
export { type Simulation, simulation } from './simulations.ts';
export { type TelemetrySample, telemetrySample } from './telemetry.ts';
export { type TicketClaims, ticketClaims } from './ticket.ts';
export { type UsbAnnouncement, usbAnnouncement } from './usb.ts';
