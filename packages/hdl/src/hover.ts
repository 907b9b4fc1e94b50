import type { ConstantLookup } from './constant.ts';
import { evaluate, widthOf } from './constant.ts';
import type { Found, Project } from './project.ts';
import { lookup, membersOfScope } from './scope.ts';
import { declarationOf, type HdlSymbol, parametersOf, portsOf } from './symbols.ts';

/** Port tables longer than this are cut. */
const rowsMax = 60;

/** What a hover shows, as Markdown. `comment` is what stands above or behind the declaration. */
export function describe(project: Project, found: Found, comment: string): string {
  const { symbol } = found;
  const parts = [`\`\`\`systemverilog\n${codeOf(symbol)}\n\`\`\``];
  const facts = factsOf(project, found);
  if (facts) parts.push(facts);
  if (comment) parts.push(comment);
  if (symbol.kind === 'module' || symbol.kind === 'interface') {
    const table = portTable(project, found);
    if (table) parts.push(table);
  }
  if (symbol.kind === 'instance') {
    const [module] = project.units(symbol.type ?? '');
    const table = module ? portTable(project, module) : '';
    if (table) parts.push(table);
  }
  const owner = found.path.filter((one) => one.name !== '').map((one) => one.name);
  if (owner.length > 0) parts.push(`in \`${owner.join('.')}\``);
  return parts.join('\n\n');
}

/** Values of constants as seen from where a symbol is declared. */
function constantsOf(project: Project, found: Found): ConstantLookup {
  return (name) => {
    const [scope, item] = name.split('::');
    const candidates = item
      ? membersOfScope(project, scope ?? '').filter((one) => one.symbol.name === item)
      : lookupFrom(project, found, name);
    const constant = candidates.find((one) =>
      ['parameter', 'localparam', 'enumerator'].includes(one.symbol.kind),
    );
    return constant?.symbol.value;
  };
}

function lookupFrom(project: Project, found: Found, name: string): readonly Found[] {
  const file = project.file(found.uri);
  return file ? lookup(project, file, found.symbol.range.start, name) : [];
}

function codeOf(symbol: HdlSymbol): string {
  const members = symbol.children.filter((child) => child.kind === 'field');
  if (members.length === 0) return declarationOf(symbol);
  const body = members.slice(0, rowsMax).map((field) => `  ${declarationOf(field)};`);
  return declarationOf(symbol).replace('{…}', () => `{\n${body.join('\n')}\n}`);
}

function factsOf(project: Project, found: Found): string {
  const { symbol } = found;
  const constants = constantsOf(project, found);
  if (symbol.kind === 'parameter' || symbol.kind === 'localparam' || symbol.kind === 'enumerator') {
    const value = symbol.value === undefined ? null : evaluate(symbol.value, constants);
    if (value === null || /^\d+$/.test(symbol.value ?? '')) return '';
    const hex = value > 9n ? ` (0x${value.toString(16)})` : '';
    return `value \`${value}\`${hex}`;
  }
  if (['port', 'signal', 'field'].includes(symbol.kind) && symbol.type !== undefined) {
    const width = widthOf(symbol.type, constants);
    return width !== null && symbol.type.includes('[') ? `${width} bits` : '';
  }
  return '';
}

function portTable(project: Project, module: Found): string {
  const rows: string[] = [];
  const cell = (text: string) => text.replace(/\|/g, '\\|');
  const all = [...parametersOf(module.symbol), ...portsOf(module.symbol)];
  for (const symbol of all.slice(0, rowsMax)) {
    const isPort = symbol.kind === 'port';
    const width = isPort
      ? widthOf(symbol.type ?? '', constantsOf(project, { ...module, symbol }))
      : null;
    const type = [symbol.type, symbol.dimensions].filter(Boolean).join(' ');
    const note = isPort ? (width === null ? '' : String(width)) : `= ${symbol.value ?? ''}`;
    const kind = isPort ? (symbol.direction ?? '') : 'parameter';
    rows.push(`| ${symbol.name} | ${kind} | ${cell(type ? `\`${type}\`` : '')} | ${cell(note)} |`);
  }
  if (rows.length === 0) return '';
  const more = all.length > rowsMax ? [`| … ${all.length - rowsMax} more | | | |`] : [];
  return ['| name | | type | bits |', '| --- | --- | --- | --- |', ...rows, ...more].join('\n');
}

/** The comment directly above a line, or at its end; without comment signs. */
export function commentAt(text: string, line: number): string {
  const lines = text.split('\n');
  const trailing = /\/\/[/!<]*\s?(.*)$/.exec(lines[line] ?? '')?.[1];
  if (trailing) return trailing.trim();
  const above: string[] = [];
  for (let at = line - 1; at >= 0 && above.length < 20; at--) {
    const match = /^\s*\/\/[/!]*\s?(.*)$/.exec(lines[at] ?? '');
    if (!match) break;
    above.unshift(match[1] ?? '');
  }
  if (above.length > 0) return above.join('\n').trim();
  const joined = lines.slice(Math.max(0, line - 30), line).join('\n');
  const block = /\/\*+((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(joined)?.[1];
  return (block ?? '').replace(/^\s*\*+ ?/gm, '').trim();
}
