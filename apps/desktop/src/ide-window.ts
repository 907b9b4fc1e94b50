/** The IDE in a driven window, as a person uses it. */
import { waitFor } from '@joh/testkit';
import { keys, type WebDriver } from './web-driver.ts';

export interface IdeWindow {
  /** Waits until the first element of a selector that holds `text` is shown. */
  sees(selector: string, text?: string, deadlineMs?: number): Promise<void>;
  /** Waits until nothing of a selector that holds `text` is shown. */
  seesNot(selector: string, text?: string): Promise<void>;
  /** Clicks the first element of a selector that holds `text`, once it is shown. */
  press(selector: string, text?: string): Promise<void>;
  /** Chooses the option of a list whose name begins with `option`, once it is there. */
  choose(selector: string, option: string): Promise<void>;
  /** Opens a file by quick open. */
  openFile(name: string): Promise<void>;
  /** Runs a command by its title. */
  command(title: string): Promise<void>;
  /** Types a line into the terminal in front. */
  inTerminal(line: string): Promise<void>;
  /** Puts the cursor into the editor in front. */
  intoEditor(): Promise<void>;
}

const shownWithinMs = 30_000;

/** In the page: the first shown element. The editor writes spaces as no-break spaces. */
const find = `const [selector, text] = given;
  const found = [...document.querySelectorAll(selector)].find(
    (one) => one.getClientRects().length > 0 &&
      (text === '' || one.textContent.replaceAll('\\u00a0', ' ').includes(text)));`;

export function ideWindow(driver: WebDriver): IdeWindow {
  const isShown = (selector: string, text: string) =>
    // A page that is being left answers nothing.
    driver
      .evaluate<boolean>(`${find} return found !== undefined`, selector, text)
      .catch(() => false);
  const named = (selector: string, text: string) => `${selector} ${text}`.trim();
  const sees = async (selector: string, text = '', deadlineMs = shownWithinMs) => {
    const what = `${named(selector, text)} is shown`;
    await waitFor(() => isShown(selector, text), { what, deadlineMs, everyMs: 50 });
  };
  const press = async (selector: string, text = '') => {
    const middle = `${find} const box = found?.getBoundingClientRect();
      return box ? [box.x + box.width / 2, box.y + box.height / 2].map(Math.round) : null`;
    let before = '';
    // What has just been shown may still move: pressed where it was seen twice.
    const place = await waitFor(
      async () => {
        const now = await driver.evaluate<[number, number] | null>(middle, selector, text);
        const isSame = JSON.stringify(now) === before;
        before = JSON.stringify(now);
        return isSame && now;
      },
      { what: `${named(selector, text)} rests`, deadlineMs: shownWithinMs, everyMs: 50 },
    );
    await driver.clickAt(...place);
  };
  const picker = '.quick-input-widget input';
  const pick = async (open: () => Promise<void>, text: string, row: string) => {
    // A page that has just opened may not hear keys yet.
    await waitFor(
      async () => {
        await open();
        return isShown(picker, '');
      },
      { what: 'the picker opens', deadlineMs: shownWithinMs, everyMs: 250 },
    );
    await driver.type(text);
    // The row that enter takes: the list of before shows until the new one is there.
    await sees('.quick-input-list .monaco-list-row.focused', row);
    await driver.type(keys.enter);
  };
  return {
    sees,
    seesNot: (selector, text = '') =>
      waitFor(async () => !(await isShown(selector, text)), {
        what: `${named(selector, text)} is gone`,
        deadlineMs: shownWithinMs,
        everyMs: 50,
      }).then(() => undefined),
    press,
    choose: async (selector, option) => {
      const body = `const list = document.querySelector(given[0]);
        const found = [...(list?.options ?? [])].find((one) => one.text.startsWith(given[1]));
        if (!found) return false;
        list.value = found.value;
        return list.dispatchEvent(new Event('change', { bubbles: true }));`;
      await waitFor(() => driver.evaluate<boolean>(body, selector, option), {
        what: `${selector} has ${option}`,
        deadlineMs: shownWithinMs,
        everyMs: 50,
      });
    },
    openFile: async (name) => {
      await pick(() => driver.chord(keys.control, 'p'), name, name);
      await sees(`.tab.active[data-resource-name="${name}"]`);
    },
    command: (title) => pick(() => driver.type(keys.f1), title, title),
    inTerminal: async (line) => {
      await press('.xterm');
      await driver.type(`${line}\n`);
    },
    intoEditor: () => press('.editor-instance .view-line'),
  };
}
