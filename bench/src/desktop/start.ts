import type { FamilyMemory } from './family.ts';

/** One start, until a person can type. */
export interface Start {
  /** Milliseconds from asking for it until text of a file is there and takes keys. */
  textMs: number;
  /** When what follows the text has settled: language servers, a terminal, the layout. */
  memory: FamilyMemory;
  /** Milliseconds of the parts of `textMs`, in order, by name. Only ours can be asked. */
  stages?: Record<string, number>;
}

export const startDeadlineMs = 90_000;
/** The text is looked for so often: the error of `textMs`. */
export const lookEveryMs = 20;
const settledMs = 6_000;

export const settle = () => new Promise((resolve) => setTimeout(resolve, settledMs));

/** Body of a function of the page: text of a file is shown, and its editor has the element that takes keys. */
export const isEditable = `
  const lines = [...document.querySelectorAll('.editor-instance .view-line')];
  return lines.some(({ textContent }) => textContent.trim() !== '')
    && document.querySelector('.editor-instance :is(.native-edit-context, textarea)') !== null;`;
