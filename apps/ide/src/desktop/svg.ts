/** Pictures of the start page, which is there without the workbench and its icons. */

/** An element of SVG. */
export function svg(
  name: string,
  attributes: Record<string, string>,
  ...children: Node[]
): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

/** A window before another. */
export function anotherWindow(): SVGElement {
  const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': '1.3' };
  return svg(
    'svg',
    { viewBox: '0 0 16 16', width: '15', height: '15', 'aria-hidden': 'true' },
    svg('rect', { x: '1.5', y: '4.5', width: '10', height: '9', rx: '1.5', ...line }),
    svg('path', {
      d: 'M1.5 7.5h10M4.5 4.5V3A1.5 1.5 0 0 1 6 1.5h7A1.5 1.5 0 0 1 14.5 3v6a1.5 1.5 0 0 1-1.5 1.5h-1.5',
      ...line,
    }),
  );
}
