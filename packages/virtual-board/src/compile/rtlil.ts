/** What is read of yosys' text form of a design (RTLIL): the top's ports and the FPGA's own parts. Pure. */

export interface Port {
  name: string;
  width: number;
  /** `both`: inout. */
  direction: 'input' | 'output' | 'both';
  /** The number of its lowest bit, e.g. 1 for `[4:1]`. */
  offset: number;
  /** Declared as `[0:4]`. */
  upTo: boolean;
}

/** A part that the design names itself, e.g. a PLL. */
export interface Primitive {
  type: string;
  name: string;
  /** As RTLIL writes them: `4'0011`, `"SIMPLE"`. */
  parameters: Readonly<Record<string, string>>;
}

export interface Design {
  ports: readonly Port[];
  primitives: readonly Primitive[];
}

const wireLine = /^ {2}wire (.*)\\(\S+)$/;
const cellLine = /^ {2}cell \\(SB_\w+) (\S+)$/;
const parameterLine = /^ {4}parameter (?:signed |real )?\\(\w+) (.+)$/;

/** Every module is looked through for primitives: the design is not flat yet. */
export function readDesign(text: string, top: string): Design {
  const ports: Port[] = [];
  const primitives: Primitive[] = [];
  let isTop = false;
  let parameters: Record<string, string> | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('module ')) isTop = line === `module \\${top}`;
    const wire = isTop ? wireLine.exec(line) : null;
    if (wire) {
      const port = portOf(wire[1] ?? '', wire[2] ?? '');
      if (port) ports.push(port);
      continue;
    }
    const cell = cellLine.exec(line);
    if (cell) {
      parameters = {};
      primitives.push({
        type: cell[1] ?? '',
        name: (cell[2] ?? '').replace(/^\\/, ''),
        parameters,
      });
      continue;
    }
    if (line === '  end') parameters = null;
    const parameter = parameters ? parameterLine.exec(line) : null;
    if (parameter && parameters) parameters[parameter[1] ?? ''] = parameter[2] ?? '';
  }
  return { ports, primitives };
}

function portOf(options: string, name: string): Port | null {
  const direction = /\b(input|output|inout)\b/.exec(options)?.[1];
  if (!direction) return null;
  const number = (word: string, missing: number) =>
    Number(new RegExp(`\\b${word} (-?\\d+)`).exec(options)?.[1] ?? missing);
  return {
    name,
    width: number('width', 1),
    direction: direction === 'inout' ? 'both' : (direction as 'input' | 'output'),
    offset: number('offset', 0),
    upTo: /\bupto\b/.test(options),
  };
}
