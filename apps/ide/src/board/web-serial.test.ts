import { expect, it } from 'vitest';
import { type Port, streamOf } from './web-serial.ts';

/** A port that is opened and closed as the Web Serial API has it. */
function fakePort() {
  const opened: number[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const make = () => {
    const readable = new ReadableStream<Uint8Array>({
      start: (given) => {
        controller = given;
      },
    });
    Object.assign(port, { readable });
  };
  const port: Port = {
    readable: null,
    writable: null,
    open: async ({ baudRate }) => {
      opened.push(baudRate);
      make();
    },
    close: async () => {
      Object.assign(port, { readable: null });
    },
  };
  return {
    port,
    opened,
    say: (...bytes: number[]) => controller?.enqueue(Uint8Array.from(bytes)),
    breakIt: () => {
      controller?.error(new Error('break'));
      make();
    },
    pullOut: () => {
      Object.assign(port, { readable: null });
      controller?.error(new Error('lost'));
    },
  };
}
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

it('reads on through a break and a change of rate, and ends when it is closed', async () => {
  const under = fakePort();
  await under.port.open({ baudRate: 9600 });
  const stream = streamOf(under.port);
  const heard: number[] = [];
  stream.onBytes((bytes) => heard.push(...bytes));
  under.say(1);
  await turn();
  under.breakIt();
  await turn();
  under.say(2);
  await stream.setRate(115_200);
  under.say(3);
  await turn();
  expect(heard).toEqual([1, 2, 3]);
  expect(under.opened).toEqual([9600, 115_200]);
  await stream.close();
  expect(await stream.ended).toBeNull();
});

it('says that a port which was pulled out is gone', async () => {
  const under = fakePort();
  await under.port.open({ baudRate: 9600 });
  const stream = streamOf(under.port);
  await turn();
  under.pullOut();
  expect((await stream.ended)?.message).toMatch(/gone/);
});
