import type { Position, SignatureHelp } from 'vscode-languageserver';
import { connectionAround } from './context.ts';
import { LineIndex } from './line-index.ts';
import type { Project } from './project.ts';
import { declarationOf, parametersOf, portsOf } from './symbols.ts';

/** The ports or parameters of the instance whose list the cursor is in, the current one marked. */
export function signatureAt(
  project: Project,
  text: string,
  position: Position,
): SignatureHelp | null {
  const connection = connectionAround(text, new LineIndex(text).offset(position));
  if (!connection) return null;
  const [module] = project.units(connection.module);
  if (!module) return null;
  const list = connection.what === 'port' ? portsOf(module.symbol) : parametersOf(module.symbol);
  const labels = list.map(declarationOf);
  const open = connection.what === 'port' ? `${module.symbol.name} (` : `${module.symbol.name} #(`;
  const named = list.findIndex((symbol) => symbol.name === connection.current);
  return {
    signatures: [
      {
        label: `${open}${labels.join(', ')})`,
        parameters: labels.map((label) => ({ label })),
      },
    ],
    activeSignature: 0,
    activeParameter: named >= 0 ? named : Math.min(connection.index, list.length),
  };
}
