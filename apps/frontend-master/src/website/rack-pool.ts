/** What the operator wants of the pool, as a form, and how far its image is rolled out. Pure. */
import type { ContainerClass, ImageRollOut, Rack } from '@joh/protocol';
import { type Html, html } from './html.ts';
import { classes, imageName } from './rack-words.ts';

/** The two numbers of a class. Their names are read again by the page's script. */
export function wishFields(
  kind: ContainerClass,
  wish: { warm: number; max: number } | undefined,
  sized: { wantedWarm: number; max: number } | undefined,
  whose: string,
): Html {
  const field = (
    name: 'warm' | 'max',
    text: string,
    value: number | undefined,
    without: number | undefined,
  ) =>
    html`<label>${text} <input type="number" name="${kind}.${name}" min="0" max="999" inputmode="numeric"
 value="${value}" placeholder="${without}" aria-label="${kind} ${text} ${whose}"></label>`;
  return html`<div class="numbers" role="group" aria-label="${kind}"><span>${kind}</span>
${field('warm', 'warm', wish?.warm, sized?.wantedWarm)}${field('max', 'at most', wish?.max, sized?.max)}</div>`;
}

/** `PUT /api/pool`, but for the nodes' own wishes. */
export function poolForm({ pool, nodes }: Rack): Html {
  const { wish } = pool;
  if (!wish) return html``;
  const names = new Map(Object.entries(wish.nodes).filter(([, own]) => own));
  return html`<form class="wish" data-wish="" data-keep>
<fieldset><legend>On each node</legend>
${classes.map((kind) => wishFields(kind, wish.classes[kind], commonSlot(nodes, kind), 'on each node'))}
<small>Empty: sized from the node’s cores and memory.</small></fieldset>
${pool.image.wanted === null && wish.image === null ? '' : imageField(wish.image, pool.image.wanted)}
<label>New containers a minute, on each node
<input type="number" name="refillPerMinute" min="1" max="600" required value="${wish.refillPerMinute}"></label>
${names.size > 0 ? html`<p class="muted">Of their own: ${[...names.keys()].join(', ')}; see their details.</p>` : ''}
<div role="alert" hidden></div>
<p class="row"><button class="small">Save</button> <button type="reset" class="small quiet">Undo</button></p></form>`;
}

function imageField(wished: string | null, wanted: string | null): Html {
  return html`<label>Image of new containers
<input type="text" name="image" value="${wished}" placeholder="${wanted}" maxlength="512" spellcheck="false" autocapitalize="none" autocomplete="off"></label>`;
}

/** What every node has of a class without a wish; undefined when they differ. */
function commonSlot(nodes: Rack['nodes'], kind: ContainerClass) {
  const [first, ...others] = nodes.map(({ slots }) => slots.find((one) => one.class === kind));
  const isCommon = others.every(
    (one) => one?.max === first?.max && one?.wantedWarm === first?.wantedWarm,
  );
  return isCommon ? first : undefined;
}

const rollOutWords: Readonly<Record<ImageRollOut['state'], string>> = {
  steady: 'Rolled out',
  pulling: 'Being pulled',
  trying: 'Being tried',
  replacing: 'Replacing',
  stopped: 'Stopped',
};

/** How far the wanted image is; nothing where the engine has no images. */
export function rollOut({ pool }: Rack): Html {
  const { image } = pool;
  if (image.wanted === null) return html`<p class="muted">${image.sentence}</p>`;
  const unclaimed = pool.classes.reduce((sum, one) => sum + one.warm + one.starting, 0);
  const total = Math.max(unclaimed, image.left);
  const isMoving = image.state !== 'steady' && image.state !== 'stopped' && total > 0;
  return html`<p class="rollout ${image.state}"><strong>${rollOutWords[image.state]}</strong>
<code title="${image.wanted}">${imageName(image.wanted)}</code></p>
${
  isMoving
    ? html`<progress max="${total}" value="${total - image.left}" aria-label="Containers of the wanted image"></progress>
<p class="muted">${total - image.left} of ${total} unclaimed containers</p>`
    : ''
}
<p>${image.sentence}</p>
${
  image.serving !== null && image.serving !== image.wanted
    ? html`<p class="muted">Serving meanwhile: <code title="${image.serving}">${imageName(image.serving)}</code></p>`
    : ''
}`;
}
