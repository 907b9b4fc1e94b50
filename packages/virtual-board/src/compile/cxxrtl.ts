/** What is known of the C++ that yosys' CXXRTL backend writes. Pure. */

/** `backends/cxxrtl/cxxrtl_backend.cc`, mangle_name: letters and digits stay, `_` is doubled, the rest is hex. */
export function mangled(name: string): string {
  const escaped = [...new TextEncoder().encode(name)]
    .map((code) => {
      const character = String.fromCharCode(code);
      if (/[A-Za-z0-9]/.test(character)) return character;
      return character === '_' ? '__' : `_${code.toString(16).padStart(2, '0')}_`;
    })
    .join('');
  return `p_${escaped}`;
}

/** Members of the top's class that are inputs, by their mangled names. */
export function inputsOf(code: string): string[] {
  return [...code.matchAll(/\/\*input\*\/ \w+<\d+> (\w+);/g)].map((match) => match[1] ?? '');
}

/** Members that are ports of any direction. */
export function portsOf(code: string): Set<string> {
  const ports = code.matchAll(/\/\*(?:input|output|inout)\*\/ \w+<\d+> (\w+);/g);
  return new Set([...ports].map((match) => match[1] ?? ''));
}

/**
 * Whether only rising edges of the clock matter, so that it need not be simulated while it falls:
 * twice the speed. True when nothing else has edges and nothing reads the clock as a value.
 */
export function needsRisingEdgesOnly(code: string, clock: string): boolean {
  if (/\bnegedge_/.test(code)) return false;
  const edges = new Set([...code.matchAll(/\bprev_(\w+)/g)].map((match) => match[1]));
  // A clock that is one bit of a wider port has a wider past.
  if (edges.size !== 1 || !code.includes(`value<1> prev_${clock};`)) return false;
  const evaluation = code.slice(code.indexOf('::eval('));
  return !new RegExp(`(?<![\\w])${clock}\\b`).test(evaluation.replace(/prev_\w+ = \w+;/g, ''));
}
