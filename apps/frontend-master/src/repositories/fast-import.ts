/** A commit in the words of git-fast-import(1): one process, no working tree. Pure but for bytes. */

export interface RepositoryFile {
  /** Relative, with `/`. */
  path: string;
  content: Uint8Array;
  isExecutable: boolean;
}

export interface CommitAuthor {
  name: string;
  email: string;
}

/** `parent`: a hash, or null for a first commit. */
export function encodeCommit(commit: {
  branch: string;
  parent: string | null;
  author: CommitAuthor;
  atMs: number;
  message: string;
  files: readonly RepositoryFile[];
}): Buffer {
  const who = `${plain(commit.author.name)} <${plain(commit.author.email)}>`;
  const when = `${Math.floor(commit.atMs / 1_000)} +0000`;
  const parts: (string | Uint8Array)[] = [
    `commit refs/heads/${commit.branch}\n`,
    `author ${who} ${when}\ncommitter ${who} ${when}\n`,
    ...data(Buffer.from(commit.message)),
    commit.parent === null ? '' : `from ${commit.parent}\n`,
  ];
  for (const file of commit.files) {
    parts.push(`M ${file.isExecutable ? '100755' : '100644'} inline ${quote(file.path)}\n`);
    parts.push(...data(file.content));
  }
  // `done`: a stream that was cut off is refused as a whole.
  parts.push('done\n');
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function data(content: Uint8Array): (string | Uint8Array)[] {
  return [`data ${content.length}\n`, content, '\n'];
}

/** Angle brackets and line ends would end the field. */
function plain(text: string): string {
  return text.replace(/[<>\n\0]/g, '');
}

function quote(path: string): string {
  return `"${path.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}
