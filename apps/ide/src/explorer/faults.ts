/** Which of VS Code's file errors a fault of the agent is. */
import type { ErrorCode, Fault } from '@joh/protocol';

/** Names of `FileSystemProviderErrorCode`; `Modified` is the conflict that offers to compare. */
export type FileErrorKind =
  | 'FileNotFound'
  | 'FileExists'
  | 'FileNotADirectory'
  | 'FileIsADirectory'
  | 'FileTooLarge'
  | 'NoPermissions'
  | 'Unavailable'
  | 'Unknown'
  | 'Modified';

const kinds: Partial<Record<ErrorCode, FileErrorKind>> = {
  E_FILE_UNKNOWN: 'FileNotFound',
  E_FILE_EXISTS: 'FileExists',
  E_FILE_NOT_DIRECTORY: 'FileNotADirectory',
  E_FILE_IS_DIRECTORY: 'FileIsADirectory',
  E_FILE_REFUSED: 'NoPermissions',
  E_FILE_TOO_LARGE: 'FileTooLarge',
  E_FILE_CHANGED: 'Modified',
  E_AGENT_UNREACHABLE: 'Unavailable',
};

export function fileErrorKind(fault: Fault): FileErrorKind {
  return kinds[fault.code] ?? 'Unknown';
}

/** What, kept and to do, in one line: VS Code shows one string. */
export function fullMessage(fault: Fault): string {
  const { message, kept, todo } = fault.body();
  return `${message} ${kept} ${todo}`;
}
