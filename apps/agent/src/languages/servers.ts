/** Language servers that a project's shell may bring, as data. Earlier rows win a language. */
import type { LanguageServer } from '@joh/protocol';

export interface ServerRow {
  id: string;
  title: string;
  /** VS Code language ids. */
  languages: readonly string[];
  /** Program to look for, and its arguments for stdio. */
  argv: readonly [string, ...string[]];
}

const hdl = ['verilog', 'systemverilog'] as const;

export const serverRows: readonly ServerRow[] = [
  { id: 'slang-server', title: 'slang', languages: hdl, argv: ['slang-server'] },
  { id: 'verible', title: 'Verible', languages: hdl, argv: ['verible-verilog-ls'] },
  { id: 'svls', title: 'svls', languages: hdl, argv: ['svls'] },
  { id: 'svlangserver', title: 'svlangserver', languages: hdl, argv: ['svlangserver'] },
  { id: 'vhdl_ls', title: 'VHDL LS', languages: ['vhdl'], argv: ['vhdl_ls'] },
  { id: 'ghdl-ls', title: 'GHDL', languages: ['vhdl'], argv: ['ghdl-ls'] },
  { id: 'clangd', title: 'clangd', languages: ['c', 'cpp'], argv: ['clangd'] },
  { id: 'rust-analyzer', title: 'rust-analyzer', languages: ['rust'], argv: ['rust-analyzer'] },
  { id: 'nixd', title: 'nixd', languages: ['nix'], argv: ['nixd'] },
  { id: 'nil', title: 'nil', languages: ['nix'], argv: ['nil'] },
  {
    id: 'haskell',
    title: 'Haskell Language Server',
    languages: ['haskell'],
    argv: ['haskell-language-server-wrapper', '--lsp'],
  },
  { id: 'metals', title: 'Metals', languages: ['scala'], argv: ['metals'] },
  {
    id: 'pyright',
    title: 'Pyright',
    languages: ['python'],
    argv: ['pyright-langserver', '--stdio'],
  },
  { id: 'pylsp', title: 'pylsp', languages: ['python'], argv: ['pylsp'] },
  { id: 'zls', title: 'zls', languages: ['zig'], argv: ['zls'] },
  { id: 'gopls', title: 'gopls', languages: ['go'], argv: ['gopls'] },
  {
    id: 'bash',
    title: 'Bash Language Server',
    languages: ['shellscript'],
    argv: ['bash-language-server', 'start'],
  },
  { id: 'cmake', title: 'CMake', languages: ['cmake'], argv: ['cmake-language-server'] },
];

/** The server of the product itself, for what the shell has none. */
export const embeddedServer = {
  id: 'joh-hdl',
  title: 'Joy of Hardware',
  languages: hdl,
} as const;

/** Which servers serve which languages, when the shell has the programs of `found`. */
export function planServers(found: ReadonlySet<string>): LanguageServer[] {
  const taken = new Set<string>();
  const servers: LanguageServer[] = [];
  const offer = (row: Omit<ServerRow, 'argv'>, origin: LanguageServer['origin']) => {
    const languages = row.languages.filter((language) => !taken.has(language));
    if (languages.length === 0) return;
    for (const language of languages) taken.add(language);
    servers.push({ id: row.id, title: row.title, languages, origin });
  };
  for (const row of serverRows) if (found.has(row.argv[0])) offer(row, 'shell');
  offer(embeddedServer, 'embedded');
  return servers;
}
