/** Draws a board from its row in the table of pictures. */
import type { BoardPicture, Button, Light } from '@joh/virtual-board';
import { brightness } from './model.ts';

const svgNamespace = 'http://www.w3.org/2000/svg';
type Attributes = Record<string, string | number>;

function shape(tag: string, attributes: Attributes, ...children: (Node | string)[]): SVGElement {
  const node = document.createElementNS(svgNamespace, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

export interface PictureView {
  root: SVGElement;
  /** By the ids of the lights; one that is missing is dark. */
  light(parts: ReadonlyMap<string, number>): void;
  /** Which buttons do something; the others are drawn dim. */
  setButtons(ids: ReadonlySet<string>): void;
}

export function createPicture(
  picture: BoardPicture,
  title: string,
  onPress: (button: string, isDown: boolean) => void,
): PictureView {
  const { widthMm, heightMm, mask } = picture;
  const left = Math.min(0, ...picture.parts.map(({ x }) => x));
  const lights = new Map(picture.lights.map((light) => [light.id, drawLight(light)]));
  const buttons = new Map(
    picture.buttons.map((button) => [button.id, drawButton(button, onPress)]),
  );
  const root = shape(
    'svg',
    {
      class: `joh-picture mask-${mask}`,
      viewBox: `${left - 1} -1 ${widthMm - left + 2} ${heightMm + 2}`,
      preserveAspectRatio: 'xMinYMid meet',
      role: 'group',
      'aria-label': `${title}: its lights and buttons`,
      'data-testid': 'virtual-board-picture',
    },
    shape('rect', { class: 'board', width: widthMm, height: heightMm, rx: 2 }),
    ...holes(picture),
    shape('text', { class: 'name', x: widthMm / 2, y: 3.4 }, title),
    ...picture.parts.map(drawPart),
    ...[...lights.values()].map(({ node }) => node),
    ...buttons.values(),
  );
  return {
    root,
    light(parts) {
      for (const [id, light] of lights) light.shine(parts.get(id) ?? 0);
    },
    setButtons(ids) {
      for (const [id, button] of buttons) button.classList.toggle('idle', !ids.has(id));
    },
  };
}

function holes({ widthMm, heightMm }: BoardPicture): SVGElement[] {
  const corners = [
    [2.5, 2.5],
    [widthMm - 2.5, 2.5],
    [2.5, heightMm - 2.5],
    [widthMm - 2.5, heightMm - 2.5],
  ];
  return corners.map(([cx = 0, cy = 0]) => shape('circle', { class: 'hole', cx, cy, r: 1 }));
}

function drawPart(part: BoardPicture['parts'][number]): SVGElement {
  const { x, y, widthMm, heightMm, title, kind } = part;
  const label = { x: x + widthMm / 2, y: y + heightMm / 2 };
  const box = shape('rect', { class: kind, x, y, width: widthMm, height: heightMm, rx: 0.5 });
  return shape('g', { class: 'part' }, box, shape('text', label, title));
}

/** A dark lens, a light in it and its glow; what shines is their opacity. */
function drawLight({ id, x, y, colour }: Light) {
  const glow = shape('circle', { class: 'glow', cx: x, cy: y, r: 3.4 });
  const lens = shape('rect', {
    class: 'lens',
    x: x - 1.1,
    y: y - 0.8,
    width: 2.2,
    height: 1.6,
    rx: 0.3,
  });
  const lit = shape('rect', {
    class: 'lit',
    x: x - 1.1,
    y: y - 0.8,
    width: 2.2,
    height: 1.6,
    rx: 0.3,
  });
  const node = shape(
    'g',
    { class: `light ${colour}`, role: 'img', 'data-light': id },
    shape('text', { x, y: y + 3.2 }, id),
    lens,
    glow,
    lit,
  );
  let shown = -1;
  return {
    node,
    shine(part: number) {
      // Steps that nobody sees are not drawn.
      const value = Math.round(brightness(part) * 50) / 50;
      if (value === shown) return;
      shown = value;
      glow.style.opacity = String(value * 0.55);
      lit.style.opacity = String(value);
      const percent = Math.round(part * 100);
      node.setAttribute('aria-label', `${id}: ${percent} %`);
      node.setAttribute('data-part', part.toFixed(2));
    },
  };
}

/** Held by the mouse, a finger, or the space bar. */
function drawButton({ id, x, y }: Button, onPress: (id: string, isDown: boolean) => void) {
  const node = shape(
    'g',
    {
      class: 'button',
      role: 'button',
      tabindex: 0,
      'aria-label': `${id}: hold to press`,
      'data-button': id,
    },
    shape('text', { x, y: y + 4 }, id),
    shape('rect', { class: 'case', x: x - 2, y: y - 2, width: 4, height: 4, rx: 0.5 }),
    shape('circle', { class: 'cap', cx: x, cy: y, r: 1.2 }),
  );
  const set = (isDown: boolean) => {
    if (node.classList.contains('down') === isDown) return;
    node.classList.toggle('down', isDown);
    node.setAttribute('aria-pressed', String(isDown));
    onPress(id, isDown);
  };
  node.addEventListener('pointerdown', (event) => {
    node.setPointerCapture(event.pointerId);
    set(true);
  });
  for (const kind of ['pointerup', 'pointercancel', 'blur'])
    node.addEventListener(kind, () => set(false));
  node.addEventListener('keydown', (event) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    set(true);
  });
  node.addEventListener('keyup', () => set(false));
  return node;
}
