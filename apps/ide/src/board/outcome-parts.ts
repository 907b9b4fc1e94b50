/** How programming goes and went, and what to do when it failed. */
import { type FailurePage, type FailureStep, failureHelp, type System } from '@joh/boards';
import { element, icon } from '../workbench/element.ts';
import type { Programming } from './programmer.ts';

export interface OutcomeOptions {
  system: System;
  onCancel: () => void;
}

export function outcomeParts(programming: Programming, options: OutcomeOptions): HTMLElement[] {
  switch (programming.state) {
    case 'idle':
      return [];
    case 'running': {
      const { progress } = programming;
      const percent = Math.round((progress?.fraction ?? 0) * 100);
      return [
        element('progress', { max: 100, value: percent, 'aria-label': 'Progress' }),
        element('p', { role: 'status' }, progress?.message ?? 'Reading the bitstream'),
        element('button', { class: 'joh-secondary', click: options.onCancel }, 'Cancel'),
      ];
    }
    case 'done':
      return [
        element(
          'p',
          { class: 'joh-fit yes', role: 'status', 'data-state': 'done' },
          icon('pass-filled'),
          element('span', {}, `${programming.board.title}: ${programming.message}`),
        ),
      ];
    case 'failed': {
      const { code, message, kept, todo } = programming.fault;
      const { device, title } = programming.board;
      const help = failureHelp(code, options.system, { ...device.usb, title });
      return [
        element(
          'div',
          { class: 'joh-failed', role: 'alert', 'data-state': 'failed', 'data-code': code },
          element('strong', {}, message),
          element('p', {}, kept),
          help ? helpPart(help) : element('p', {}, todo),
        ),
      ];
    }
  }
}

const helpPart = ({ title, steps }: FailurePage) =>
  element(
    'div',
    { class: 'joh-help', 'data-testid': 'board-help' },
    element('h4', {}, title),
    element('ol', {}, ...steps.map(stepPart)),
  );

function stepPart({ text, command }: FailureStep): HTMLElement {
  if (!command) return element('li', {}, text);
  return element(
    'li',
    {},
    text,
    element(
      'div',
      { class: 'joh-command' },
      element('code', {}, command),
      element(
        'button',
        {
          class: 'joh-icon-button',
          title: 'Copy',
          'aria-label': 'Copy the command',
          click: () => void navigator.clipboard.writeText(command).catch(() => undefined),
        },
        icon('copy'),
      ),
    ),
  );
}
