/** The part of W3C WebDriver that the tests need, as Tauri's driver and WebKitGTK's speak it. */
import { waitFor } from '@joh/testkit';
import { type DriverProcess, startTauriDriver, startWebKitDriver } from './driver-process.ts';

export interface WebDriver {
  /** Runs the body of a function in the page, with `given` as its parameters; promises are awaited. */
  evaluate<T>(body: string, ...parameters: unknown[]): Promise<T>;
  url(): Promise<string>;
  title(): Promise<string>;
  /** Clicks the first element that a CSS selector finds. */
  click(selector: string): Promise<void>;
  /** Clicks at a place of the page, in CSS pixels. */
  clickAt(x: number, y: number): Promise<void>;
  /** Types into what has the focus; a line feed is the enter key, others are in `keys`. */
  type(text: string): Promise<void>;
  /** Presses keys together: the last while the others are held. */
  chord(...keys: string[]): Promise<void>;
  /** A PNG of the page. */
  screenshot(): Promise<Buffer>;
  stop(): Promise<void>;
}

/** Keys that are no characters. */
export const keys = {
  enter: '\uE007',
  escape: '\uE00C',
  control: '\uE009',
  shift: '\uE008',
  home: '\uE011',
  end: '\uE010',
  f1: '\uE031',
};

const commandDeadlineMs = 60_000;
const startDeadlineMs = 20_000;
const element = 'element-6066-11e4-a52e-4f735466cecf';

export interface DriveOptions {
  /** Put before the driver's command: another tree to run it and the application in. */
  enter?: readonly string[];
  /** Where Tauri's driver is. Without it WebKitGTK's is spoken to itself: one process less to measure. */
  tauriDriver?: string;
}

/** Starts `binary` in `environment` and drives its first window. */
export async function driveApplication(
  binary: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  { enter = [], tauriDriver }: DriveOptions = {},
): Promise<WebDriver> {
  const driver = tauriDriver
    ? await startTauriDriver(tauriDriver, environment, enter)
    : await startWebKitDriver(environment, enter);
  const call = caller(driver.address);
  const isReady = () =>
    call<{ ready: boolean }>('GET', '/status').then(
      ({ ready }) => ready,
      () => false,
    );
  try {
    await Promise.race([
      driver.ended,
      waitFor(isReady, { what: 'the driver answers', deadlineMs: startDeadlineMs }),
    ]);
    const alwaysMatch = driver.capabilities(binary, parameters);
    const session = await call<{ sessionId: string }>('POST', '/session', {
      capabilities: { alwaysMatch },
    });
    return openSession(driver, call, `/session/${session.sessionId}`);
  } catch (error) {
    await driver.stop();
    throw error;
  }
}

type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

function caller(base: string): Call {
  return async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      signal: AbortSignal.timeout(commandDeadlineMs),
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const { value } = (await response.json()) as { value: { error?: string; message?: string } };
    if (!response.ok) throw new Error(`${path}: ${value.error}: ${value.message}`);
    return value as never;
  };
}

function openSession(driver: DriverProcess, call: Call, path: string): WebDriver {
  const actions = (list: object[]) =>
    call<void>('POST', `${path}/actions`, {
      actions: [{ type: 'key', id: 'keys', actions: list }],
    });
  const down = (value: string) => ({ type: 'keyDown', value });
  const up = (value: string) => ({ type: 'keyUp', value });
  return {
    async evaluate(body, ...args) {
      const script = `const done = arguments[arguments.length - 1];
        (async (...given) => { ${body} })(...arguments)
          .then((value) => done({ value }), (error) => done({ thrown: String(error) }));`;
      const result = await call<{ value?: unknown; thrown?: string }>(
        'POST',
        `${path}/execute/async`,
        { script, args },
      );
      if (result.thrown !== undefined) throw new Error(result.thrown);
      return result.value as never;
    },
    url: () => call('GET', `${path}/url`),
    title: () => call('GET', `${path}/title`),
    async click(selector) {
      const using = { using: 'css selector', value: selector };
      const found = await call<Record<string, string>>('POST', `${path}/element`, using);
      await call('POST', `${path}/element/${found[element]}/click`, {});
    },
    clickAt: (x, y) =>
      call('POST', `${path}/actions`, {
        actions: [
          {
            type: 'pointer',
            id: 'mouse',
            actions: [
              { type: 'pointerMove', x, y, duration: 0 },
              { type: 'pointerDown', button: 0 },
              { type: 'pointerUp', button: 0 },
            ],
          },
        ],
      }),
    type: (text) =>
      actions([...text.replaceAll('\n', keys.enter)].flatMap((key) => [down(key), up(key)])),
    chord: (...pressed) => actions([...pressed.map(down), ...pressed.toReversed().map(up)]),
    screenshot: async () => Buffer.from(await call<string>('GET', `${path}/screenshot`), 'base64'),
    async stop() {
      await call('DELETE', path).catch(() => {});
      await driver.stop();
    },
  };
}
