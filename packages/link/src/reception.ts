/** A new connection at the server: it must say hello in time, with a good ticket. */
import type { Clock } from '@joh/clock';
import { closes, Fault, isFault } from '@joh/protocol';
import { closeOfRefusal } from './close-fault.ts';
import { type Hello, linkVersion } from './frame.ts';
import { decodeHello } from './hello.ts';
import type { LinkLimits } from './limits.ts';
import type { Transport } from './link.ts';

/** What an admitted connection's events go to from then on. */
export interface Admitted {
  onMessage(message: Uint8Array): void;
  onClose(code: number): void;
}

export interface Refusal {
  code: number;
  reason: string;
}

export interface ReceptionOptions<C> {
  transport: Transport;
  clock: Clock;
  limits: LinkLimits;
  checkTicket(ticket: string): Promise<C | Fault>;
  admit(hello: Hello, claims: C): Admitted | Refusal;
  /** Admitted, refused or gone. */
  onSettled(): void;
}

/** Takes charge of the connection until it is admitted or refused. */
export function receive<C>(options: ReceptionOptions<C>): void {
  const { transport, clock, limits } = options;
  let stage: 'hello' | 'check' | 'settled' = 'hello';
  let admitted: Admitted | null = null;

  const settle = () => {
    stage = 'settled';
    cancel();
    options.onSettled();
  };
  const refuse = ({ code, reason }: Refusal) => {
    if (stage === 'settled') return;
    settle();
    transport.close(code, reason);
  };
  const cancel = clock.after(limits.helloMs, () =>
    refuse({
      code: closes.protocol,
      reason: stage === 'hello' ? 'no hello in time' : 'the ticket was not checked in time',
    }),
  );
  const check = async (hello: Hello) => {
    const claims = await options.checkTicket(hello.ticket);
    if (stage !== 'check') return;
    if (claims instanceof Fault) throw claims;
    const result = options.admit(hello, claims);
    if ('code' in result) return refuse(result);
    admitted = result;
    settle();
  };
  transport.onClose((code) => {
    if (stage !== 'settled') settle();
    admitted?.onClose(code);
  });
  transport.onMessage((message) => {
    if (admitted) return admitted.onMessage(message);
    if (stage !== 'hello') {
      return refuse({ code: closes.protocol, reason: 'a message before the welcome' });
    }
    const hello = decodeHello(message);
    if (hello?.version !== linkVersion) {
      return refuse({ code: closes.protocol, reason: 'the first frame is not a hello' });
    }
    stage = 'check';
    check(hello).catch((error: unknown) =>
      refuse({
        code: closeOfRefusal(error),
        reason: isFault(error) ? error.code : 'E_INTERNAL',
      }),
    );
  });
}
