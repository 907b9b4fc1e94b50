/** The languages of an FPGA project: names, files and highlighting. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import cUrl from 'tm-grammars/grammars/c.json?url';
import makeUrl from 'tm-grammars/grammars/make.json?url';
import nixUrl from 'tm-grammars/grammars/nix.json?url';
import pythonUrl from 'tm-grammars/grammars/python.json?url';
import shellUrl from 'tm-grammars/grammars/shellscript.json?url';
import systemVerilogUrl from 'tm-grammars/grammars/system-verilog.json?url';
import tclUrl from 'tm-grammars/grammars/tcl.json?url';
import verilogUrl from 'tm-grammars/grammars/verilog.json?url';
import vhdlUrl from 'tm-grammars/grammars/vhdl.json?url';
import yamlUrl from 'tm-grammars/grammars/yaml.json?url';
import pcfUrl from './pcf-grammar.json?url';

interface Language {
  id: string;
  title: string;
  extensions: string[];
  filenames?: string[];
  scope: string;
  grammarUrl: string;
  /** Line comment; block comments where there are any. */
  comments: { lineComment?: string; blockComment?: [string, string] };
}

const slashes = { lineComment: '//', blockComment: ['/*', '*/'] as [string, string] };
const hash = { lineComment: '#' };

export const languages: readonly Language[] = [
  {
    id: 'verilog',
    title: 'Verilog',
    extensions: ['.v', '.vh', '.vl'],
    scope: 'source.verilog',
    grammarUrl: verilogUrl,
    comments: slashes,
  },
  {
    id: 'systemverilog',
    title: 'SystemVerilog',
    extensions: ['.sv', '.svh'],
    scope: 'source.systemverilog',
    grammarUrl: systemVerilogUrl,
    comments: slashes,
  },
  {
    id: 'vhdl',
    title: 'VHDL',
    extensions: ['.vhd', '.vhdl'],
    scope: 'source.vhdl',
    grammarUrl: vhdlUrl,
    comments: { lineComment: '--' },
  },
  {
    id: 'pcf',
    title: 'Pin constraints (PCF)',
    extensions: ['.pcf'],
    scope: 'source.pcf',
    grammarUrl: pcfUrl,
    comments: hash,
  },
  {
    id: 'nix',
    title: 'Nix',
    extensions: ['.nix'],
    scope: 'source.nix',
    grammarUrl: nixUrl,
    comments: { lineComment: '#', blockComment: ['/*', '*/'] },
  },
  {
    id: 'tcl',
    title: 'Tcl',
    extensions: ['.tcl', '.sdc', '.xdc'],
    scope: 'source.tcl',
    grammarUrl: tclUrl,
    comments: hash,
  },
  {
    id: 'makefile',
    title: 'Makefile',
    extensions: ['.mk'],
    filenames: ['Makefile', 'makefile', 'GNUmakefile'],
    scope: 'source.makefile',
    grammarUrl: makeUrl,
    comments: hash,
  },
  {
    id: 'shellscript',
    title: 'Shell Script',
    extensions: ['.sh', '.bash', '.envrc'],
    scope: 'source.shell',
    grammarUrl: shellUrl,
    comments: hash,
  },
  {
    id: 'python',
    title: 'Python',
    extensions: ['.py'],
    scope: 'source.python',
    grammarUrl: pythonUrl,
    comments: hash,
  },
  {
    id: 'yaml',
    title: 'YAML',
    extensions: ['.yaml', '.yml', '.core'],
    scope: 'source.yaml',
    grammarUrl: yamlUrl,
    comments: hash,
  },
  {
    id: 'c',
    title: 'C',
    extensions: ['.c', '.h'],
    scope: 'source.c',
    grammarUrl: cUrl,
    comments: slashes,
  },
];

/** https://code.visualstudio.com/api/language-extensions/language-configuration-guide */
export function languageConfiguration({ id, comments }: Language) {
  const words = blockWords[id];
  return {
    comments,
    brackets: [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
    ],
    autoClosingPairs: [
      { open: '(', close: ')' },
      { open: '[', close: ']' },
      { open: '{', close: '}' },
      { open: '"', close: '"', notIn: ['string', 'comment'] },
    ],
    surroundingPairs: [
      ['(', ')'],
      ['[', ']'],
      ['{', '}'],
      ['"', '"'],
    ],
    ...(words
      ? {
          indentationRules: {
            increaseIndentPattern: `^.*\\b(${words.open})\\b(?!.*\\b(${words.close})\\b).*$`,
            decreaseIndentPattern: `^\\s*(${words.close})\\b.*$`,
          },
        }
      : {}),
  };
}

const verilogWords = {
  open: 'begin|case|casez|casex|generate|fork|module|package|interface|class|function|task',
  close:
    'end|endcase|endgenerate|join|endmodule|endpackage|endinterface|endclass|endfunction|endtask',
};
const blockWords: Record<string, { open: string; close: string }> = {
  verilog: verilogWords,
  systemverilog: verilogWords,
};

/** Paths are within the extension that carries the files. */
export const contributes: IExtensionContributions = {
  languages: languages.map(({ id, title, extensions, filenames }) => ({
    id,
    aliases: [title],
    extensions,
    ...(filenames ? { filenames } : {}),
    configuration: `./${id}-configuration.json`,
  })),
  grammars: languages.map(({ id, scope }) => ({
    language: id,
    scopeName: scope,
    path: `./${id}-grammar.json`,
  })),
};
