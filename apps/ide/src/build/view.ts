/** The Build view: button, stages with their logs, use of the device, clocks. */
import { deviceTitle } from '@joh/bitstream';
import type { Build, Builder, BuilderOffer, Problem } from '@joh/protocol';
import { element, icon } from '../workbench/element.ts';
import { clockChange, type FiguresMemory, usedChange } from './figures.ts';
import {
  type BuildProgress,
  buildLabel,
  duration,
  nixLabel,
  resourceTitle,
  type Stage,
  slackPercent,
} from './model.ts';
import { pathParts } from './path-parts.ts';
import './build.css';

export interface BuildViewOptions {
  onBuild: () => void;
  onCancel: () => void;
  onOpen: (problem: Problem) => void;
  /** Shows a line, counted from 1. */
  onPlace: (path: string, line: number) => void;
  onProgram: () => void;
  /** The user wants the next builds made this way. */
  onBuilder: (builder: Builder) => void;
  /** Shows what nix-build made. */
  onResult: () => void;
  /** Makes one of several bitstreams the one that boards are offered. */
  onArtifact: (path: string) => void;
}

export interface BuildView {
  root: HTMLElement;
  /** `nowMs` of the monotonic clock; `memory` knows the build before. */
  update(progress: BuildProgress | null, nowMs: number, memory?: FiguresMemory): void;
  /** How the project can be built, and how it will be. */
  showBuilders(builders: { chosen: Builder; offers: readonly BuilderOffer[] }): void;
}

export function createBuildView(options: BuildViewOptions): BuildView {
  const button = element(
    'button',
    { class: 'joh-primary', 'data-testid': 'build-button', title: 'Build (Ctrl+Shift+B)' },
    icon('tools'),
    'Build',
  );
  button.addEventListener('click', options.onBuild);
  const cancel = element(
    'button',
    { class: 'joh-secondary', 'data-testid': 'build-cancel', click: options.onCancel },
    'Cancel',
  );
  const builders = createBuilderChoice(options.onBuilder);
  const state = element('span', {
    class: 'joh-build-state',
    'data-testid': 'build-state',
    role: 'status',
  });
  const stages = createStageList();
  const side = element('div', { class: 'joh-build-side' });
  const root = element(
    'div',
    { class: 'joh-view joh-build', 'data-testid': 'build-view' },
    element('div', { class: 'joh-build-bar' }, button, builders.root, cancel, state),
    element('div', { class: 'joh-build-body' }, stages.root, side),
  );
  let drawn: BuildProgress | null | undefined;
  return {
    root,
    showBuilders: builders.show,
    update(progress, nowMs, memory) {
      const isRunning = progress?.state === 'running';
      button.disabled = isRunning;
      builders.allow(!isRunning);
      cancel.hidden = !isRunning;
      const label = progress ? buildLabel(progress, nowMs).text : '';
      if (state.textContent !== label) state.textContent = label;
      state.dataset.state = progress?.state ?? 'none';
      stages.update(progress, nowMs);
      if (progress === drawn) return;
      drawn = progress;
      side.replaceChildren(...sideParts(progress, options, memory));
    },
  };
}

const builderTitles: Record<Builder, string> = {
  tools: 'with its tools',
  'nix-build': 'with nix-build',
};

/** Shown when there is a choice. */
function createBuilderChoice(onBuilder: (builder: Builder) => void) {
  const select = element('select', {
    'data-testid': 'build-builder',
    'aria-label': 'How the project is built',
    title: 'How the project is built; "builder" in joh.json says it for everyone',
  });
  select.addEventListener('change', () => onBuilder(select.value as Builder));
  const root = element('span', { class: 'joh-builder' }, select, icon('chevron-down'));
  root.hidden = true;
  return {
    root,
    allow(isAllowed: boolean) {
      select.disabled = !isAllowed;
    },
    show({ chosen, offers }: { chosen: Builder; offers: readonly BuilderOffer[] }) {
      const possible = offers.filter(({ missing }) => missing === null);
      root.hidden = possible.length < 2;
      select.replaceChildren(
        ...possible.map(({ builder }) =>
          element('option', { value: builder }, builderTitles[builder]),
        ),
      );
      select.value = chosen;
    },
  };
}

/** Rows are kept and changed in place, so that what is unfolded or selected stays so. */
function createStageList() {
  const root = element('div', { class: 'joh-stages' });
  const rows = new Map<string, ReturnType<typeof createStageRow>>();
  let startedMs = -1;
  return {
    root,
    update(progress: BuildProgress | null, nowMs: number) {
      if (progress && progress.startedMs !== startedMs) {
        startedMs = progress.startedMs;
        rows.clear();
        root.replaceChildren();
      }
      for (const stage of progress?.stages ?? []) {
        let row = rows.get(stage.name);
        if (!row) {
          row = createStageRow();
          rows.set(stage.name, row);
          root.append(row.root);
        }
        row.update(stage, nowMs);
      }
    },
  };
}

const outcomeIcons = {
  open: 'sync codicon-modifier-spin',
  done: 'check',
  failed: 'error',
  stopped: 'circle-slash',
} as const;

function createStageRow() {
  const mark = element('span', { class: 'joh-mark' });
  const title = element('span', { class: 'joh-stage-title' });
  const time = element('span', { class: 'joh-stage-time' });
  const log = element('pre', { class: 'joh-log', tabindex: 0 });
  const root = element(
    'details',
    { class: 'joh-stage' },
    element('summary', {}, mark, title, time),
    log,
  );
  let shown = '';
  let wasFailed = false;
  return {
    root,
    update(stage: Stage, nowMs: number) {
      const failed = stage.outcome === 'failed';
      mark.className = `joh-mark codicon codicon-${outcomeIcons[stage.outcome ?? 'open']}`;
      title.textContent = stage.message;
      time.textContent = duration((stage.endedMs ?? nowMs) - stage.startedMs);
      root.classList.toggle('failed', failed);
      if (failed && !wasFailed) root.open = true;
      wasFailed = failed;
      if (stage.log === shown) return;
      const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
      if (stage.log.startsWith(shown)) log.append(stage.log.slice(shown.length));
      else log.textContent = stage.log;
      shown = stage.log;
      if (atEnd) log.scrollTop = log.scrollHeight;
    },
  };
}

function sideParts(
  progress: BuildProgress | null,
  options: BuildViewOptions,
  memory: FiguresMemory | undefined,
): HTMLElement[] {
  if (!progress)
    return [
      element(
        'p',
        { class: 'joh-hint' },
        'No build yet. Build turns the sources named in joh.json into a bitstream for your board, or ' +
          'makes what default.nix says; problems appear here and in Problems.',
      ),
    ];
  const { build, problems } = progress;
  const parts: HTMLElement[] = [];
  if (build?.state === 'failed' && build.failure)
    parts.push(element('p', { class: 'joh-failure', role: 'alert' }, build.failure));
  if (problems.length) parts.push(problemList(problems, options.onOpen));
  if (build?.nix)
    parts.push(
      element(
        'p',
        { class: 'joh-nix', 'data-testid': 'build-nix' },
        icon('package'),
        `${nixLabel(build.nix)}. `,
        build.state === 'succeeded' &&
          element('button', { class: 'joh-link', click: options.onResult }, 'Show the result'),
      ),
    );
  if (build?.state === 'succeeded') parts.push(...result(build, options, memory));
  return parts;
}

function problemList(problems: Problem[], onOpen: (problem: Problem) => void): HTMLElement {
  const rows = problems.slice(0, 50).map((problem) => {
    const place = problem.path ? `${problem.path.split('/').pop()}:${problem.line ?? 1}` : '';
    return element(
      'li',
      {},
      element(
        'button',
        { class: `joh-problem ${problem.severity}`, click: () => onOpen(problem) },
        icon(problem.severity === 'information' ? 'info' : problem.severity),
        element('span', { class: 'joh-problem-text' }, problem.message),
        element('span', { class: 'joh-problem-place' }, place),
      ),
    );
  });
  return element('ul', { class: 'joh-problems', 'data-testid': 'build-problems' }, ...rows);
}

function result(
  build: Build,
  options: BuildViewOptions,
  memory: FiguresMemory | undefined,
): HTMLElement[] {
  const before = memory?.take(build) ?? null;
  const rows = build.utilisation
    .filter(({ available, used }) => available > 0 && used > 0)
    .map(({ resource, used, available }) => {
      const percent = Math.round((100 * used) / available);
      return element(
        'tr',
        {},
        element('th', { scope: 'row', title: resource }, resourceTitle(resource)),
        element('td', {}, meter(percent, `${resource}: ${percent} %`)),
        element(
          'td',
          { class: 'joh-number' },
          `${used} / ${available}`,
          change(usedChange(before, resource, used)),
        ),
        element('td', { class: 'joh-number' }, `${percent} %`),
      );
    });
  const clocks = build.timing.map((timing) => {
    const slack = slackPercent(timing);
    const verdict = slack === null ? '' : slack >= 0 ? 'meets' : 'misses';
    const target = timing.constraintMhz === null ? '' : ` ${verdict} ${timing.constraintMhz} MHz`;
    return element(
      'li',
      { class: slack !== null && slack < 0 ? 'missed' : 'met' },
      icon(slack !== null && slack < 0 ? 'warning' : 'dashboard'),
      element('strong', {}, `${timing.achievedMhz.toFixed(1)} MHz`),
      ` ${timing.clock}${target}`,
      change(clockChange(before, timing.clock, timing.achievedMhz)),
    );
  });
  return [
    ...bitstreamParts(build, options),
    ...(build.bitstream === null && !build.nix ? [testbenchPart()] : []),
    ...(clocks.length ? [element('ul', { class: 'joh-clocks' }, ...clocks)] : []),
    ...pathParts(build.paths ?? [], options.onPlace),
    ...(rows.length
      ? [
          element(
            'table',
            { class: 'joh-utilisation', 'data-testid': 'build-utilisation' },
            element('caption', {}, 'Use of the device'),
            element('tbody', {}, ...rows),
          ),
        ]
      : []),
  ];
}

/** Against the build before. */
const change = (text: string) =>
  text !== '' && element('span', { class: 'joh-change', title: 'Since the build before' }, text);

/** Of the tools, only a project without a board makes no bitstream. */
const testbenchPart = () =>
  element(
    'p',
    { class: 'joh-bitstream' },
    icon('beaker'),
    'The testbench passed. joh.json names no board, so there is no bitstream.',
  );

function bitstreamParts(build: Build, { onProgram, onArtifact }: BuildViewOptions): HTMLElement[] {
  const all = build.artifacts?.length ? build.artifacts : build.bitstream ? [build.bitstream] : [];
  return all.map((bitstream) => {
    const { family, device, sizeBytes, path } = bitstream;
    const name = all.length > 1 && path ? `${path.split('/').pop()}: bitstream` : 'Bitstream';
    const program = () => {
      if (path) onArtifact(path);
      onProgram();
    };
    return element(
      'p',
      { class: 'joh-bitstream' },
      icon('file-binary'),
      `${name} for ${deviceTitle(family, device)}, `,
      `${Math.round(sizeBytes / 1024)} KB `,
      element('button', { class: 'joh-link', click: program }, 'Program a board'),
    );
  });
}

function meter(percent: number, label: string): HTMLElement {
  const bar = element('span', { class: percent >= 90 ? 'joh-meter-bar high' : 'joh-meter-bar' });
  bar.style.width = `${Math.min(100, percent)}%`;
  return element('span', { class: 'joh-meter', role: 'img', 'aria-label': label }, bar);
}
