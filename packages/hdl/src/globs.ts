/**
 * A shell-like pattern as a regular expression over `/`-separated relative paths: `*` and `?` stay
 * within a name, `**` crosses folders, `{a,b}` and `[a-z]` choose.
 */
export function globPattern(glob: string): RegExp {
  let source = '';
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at);
    if (rest.startsWith('**/')) {
      source += '(?:[^/]+/)*';
      at += 2;
    } else if (rest.startsWith('**')) {
      source += '.*';
      at += 1;
    } else if (rest.startsWith('*')) source += '[^/]*';
    else if (rest.startsWith('?')) source += '[^/]';
    else {
      const group = /^\{([^{}]*)\}/.exec(rest) ?? /^\[([^\]/]+)\]/.exec(rest);
      if (group?.[0].startsWith('{')) {
        source += `(?:${(group[1] ?? '').split(',').map(escapeRegExp).join('|')})`;
      } else if (group) {
        source += `[${(group[1] ?? '').replace(/^!/, '^').replace(/\\/g, '\\\\')}]`;
      } else source += escapeRegExp(rest[0] ?? '');
      at += group ? group[0].length - 1 : 0;
    }
  }
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^(?!)/;
  }
}

/** Decides by the lines of a `.gitignore` whether a path below it is ignored; roughly git's rules. */
export function ignoreRules(text: string): (path: string, isDirectory: boolean) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const negated = line.startsWith('!');
      const body = negated ? line.slice(1) : line;
      const onlyDirectories = body.endsWith('/');
      const glob = onlyDirectories ? body.slice(0, -1) : body;
      const anchored = glob.includes('/');
      const pattern = globPattern(anchored ? glob.replace(/^\//, '') : `**/${glob}`);
      return { negated, onlyDirectories, pattern };
    });
  return (path, isDirectory) => {
    let ignored = false;
    for (const rule of rules) {
      if (rule.onlyDirectories && !isDirectory) continue;
      if (rule.pattern.test(path)) ignored = !rule.negated;
    }
    return ignored;
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
