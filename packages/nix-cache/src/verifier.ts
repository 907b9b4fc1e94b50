/** Threads that verify archives; each has one at a time, the others wait their turn. */
import { Worker } from 'node:worker_threads';
import type { Clock } from '@joh/clock';
import { VerificationFailed, type VerificationRequest, type VerifiedNar } from './verification.ts';
import type { VerificationAnswer } from './verify-worker.ts';

export interface Verifier {
  /** @throws {VerificationFailed} what is refused; the signal's reason; Error what went wrong here. */
  verify(request: VerificationRequest, signal: AbortSignal): Promise<VerifiedNar>;
  close(): Promise<void>;
}

interface Job {
  request: VerificationRequest;
  signal: AbortSignal;
  resolve(nar: VerifiedNar): void;
  reject(error: unknown): void;
}

/** Hashing needs next to no heap: what is collected often stays small. */
const youngMebibytes = 4;
/** An idle thread ends after this: it keeps memory for nothing. */
const idleMs = 60_000;

export function createVerifier(options: {
  threads: number;
  /** Of one archive, its wait not counted. */
  deadlineMs: number;
  clock: Clock;
}): Verifier {
  const waiting: Job[] = [];
  const idle = new Map<Worker, () => void>();
  const all = new Set<Worker>();
  let isClosed = false;
  const next = () => {
    const job = waiting.shift();
    if (!job) return;
    const [known] = idle.keys();
    if (known === undefined && all.size >= options.threads) {
      waiting.unshift(job);
      return;
    }
    if (known !== undefined) idle.get(known)?.();
    void run(known ?? start(), job);
  };
  const start = () => {
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin' },
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxYoungGenerationSizeMb: youngMebibytes },
    });
    all.add(worker);
    // One that fails while it is idle only ends; a job hears of it by itself.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      all.delete(worker);
      idle.delete(worker);
      next();
    });
    return worker;
  };
  const run = async (worker: Worker, job: Job) => {
    try {
      job.resolve(await ask(worker, job, options));
      if (isClosed) return void (await worker.terminate());
      rest(worker);
    } catch (error) {
      job.reject(error);
      if (error instanceof VerificationFailed && !isClosed) rest(worker);
      else await worker.terminate();
    }
    next();
  };
  const rest = (worker: Worker) => {
    const cancel = options.clock.after(idleMs, () => void worker.terminate());
    idle.set(worker, () => {
      cancel();
      idle.delete(worker);
    });
  };
  return {
    verify: (request, signal) =>
      new Promise((resolve, reject) => {
        if (isClosed || signal.aborted) return reject(signal.reason ?? new Error('It is closed.'));
        waiting.push({ request, signal, resolve, reject });
        next();
      }),
    async close() {
      isClosed = true;
      for (const job of waiting.splice(0)) job.reject(new Error('The cache is closing.'));
      for (const stop of [...idle.values()]) stop();
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

function ask(
  worker: Worker,
  { request, signal }: Job,
  { clock, deadlineMs }: { clock: Clock; deadlineMs: number },
): Promise<VerifiedNar> {
  return new Promise((resolve, reject) => {
    const done = () => {
      cancel();
      signal.removeEventListener('abort', abort);
      worker.off('message', hear);
      worker.off('error', fail);
      worker.off('exit', exit);
    };
    const fail = (error: unknown) => {
      done();
      reject(error);
    };
    const hear = (answer: VerificationAnswer) => {
      done();
      if ('verified' in answer) resolve(answer.verified);
      else if ('refused' in answer) reject(new VerificationFailed(answer.refused));
      else reject(new Error(answer.failed));
    };
    const abort = () => fail(signal.reason);
    const exit = () => fail(new Error('The verifying thread ended.'));
    const cancel = clock.after(deadlineMs, () =>
      fail(new VerificationFailed('it took too long to unpack')),
    );
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    worker.once('message', hear).once('error', fail).once('exit', exit);
    worker.postMessage(request);
  });
}
