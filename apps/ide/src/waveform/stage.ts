/** The canvas, and what a mouse, a finger or a key does on it. */
import { element } from '../workbench/element.ts';
import { type Colours, paint, type Scene } from './paint.ts';

export interface StageOptions {
  /** CSS pixels from the left and upper edges of the drawing. */
  onPoint(x: number, y: number, isMarker: boolean): void;
  onZoom(factor: number, x: number): void;
  onPan(pixels: number): void;
  onKey(event: KeyboardEvent): void;
  onResize(): void;
}

export interface Stage {
  root: HTMLCanvasElement;
  /** Of the drawing, in CSS pixels. */
  size(): { width: number; height: number };
  draw(scene: Scene): void;
  dispose(): void;
}

const zoomPerWheelPixel = 1.0025;

export function createStage(options: StageOptions): Stage {
  const root = element('canvas', {
    class: 'joh-waves-canvas',
    tabindex: 0,
    role: 'img',
    'aria-label':
      'Waveforms. Arrow keys: cursor to the previous or next change of the selected signal; plus and minus: zoom; F: all.',
    'data-testid': 'waves-canvas',
  });
  const xOfEvent = ({ clientX }: MouseEvent) => clientX - root.getBoundingClientRect().left;
  const point = (event: PointerEvent) =>
    options.onPoint(
      xOfEvent(event),
      event.clientY - root.getBoundingClientRect().top,
      event.shiftKey,
    );
  root.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    root.setPointerCapture(event.pointerId);
    point(event);
  });
  root.addEventListener('pointermove', (event) => {
    if (root.hasPointerCapture(event.pointerId)) point(event);
  });
  root.addEventListener(
    'wheel',
    (event) => {
      const { deltaX, deltaY, ctrlKey, metaKey, shiftKey } = event;
      if (ctrlKey || metaKey) options.onZoom(zoomPerWheelPixel ** -deltaY, xOfEvent(event));
      else if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) options.onPan(deltaX || deltaY);
      // The list scrolls.
      else return;
      event.preventDefault();
    },
    { passive: false },
  );
  root.addEventListener('keydown', options.onKey);
  const observer = new ResizeObserver(options.onResize);
  observer.observe(root);
  const size = () => ({ width: root.clientWidth, height: root.clientHeight });
  return {
    root,
    size,
    draw(scene) {
      const { width, height } = size();
      const ratio = devicePixelRatio;
      const pixels = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
      if (root.width !== pixels.width) root.width = pixels.width;
      if (root.height !== pixels.height) root.height = pixels.height;
      const context = root.getContext('2d');
      if (!context || width === 0) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint(context, scene, coloursOf(root));
    },
    dispose: () => observer.disconnect(),
  };
}

/** The theme's, as they are now. */
function coloursOf(node: Element): Colours {
  const style = getComputedStyle(node);
  const colour = (name: string) => style.getPropertyValue(`--vscode-${name}`).trim() || '#888';
  return {
    ground: colour('editor-background'),
    text: colour('editor-foreground'),
    muted: colour('descriptionForeground'),
    grid: colour('panel-border'),
    selected: colour('list-inactiveSelectionBackground'),
    high: colour('charts-green'),
    bus: colour('charts-blue'),
    unknown: colour('charts-red'),
    floating: colour('charts-yellow'),
    cursor: colour('charts-orange'),
    marker: colour('charts-purple'),
  };
}
