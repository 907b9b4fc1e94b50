/** Passwords come from standard input or a prompt without echo, never from an argument. */
import { createInterface } from 'node:readline';

/** Reads the first line of `input`, without its end. */
export async function passwordFromInput(input: NodeJS.ReadableStream): Promise<string> {
  const reader = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of reader) {
    reader.close();
    return line;
  }
  return '';
}

/** Asks at the terminal, showing nothing of what is typed. Rejects when there is no terminal. */
export function passwordFromPrompt(
  input: NodeJS.ReadStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<string> {
  if (!input.isTTY) {
    return Promise.reject(
      new Error('There is no terminal to ask at: give the password with --password-stdin.'),
    );
  }
  output.write(question);
  input.setRawMode(true);
  input.resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const done = (finish: () => void) => {
      input.off('data', read);
      input.setRawMode(false);
      input.pause();
      output.write('\n');
      finish();
    };
    const read = (data: Buffer) => {
      for (const character of data.toString('utf8')) {
        if (character === '\r' || character === '\n') return done(() => resolve(typed));
        if (character === '\u0003') return done(() => reject(new Error('Cancelled.')));
        if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
        else typed += character;
      }
    };
    input.on('data', read);
  });
}
