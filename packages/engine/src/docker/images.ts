/** Making an image present on a Docker host. */
import { type Clock, DeadlinePassed } from '@joh/clock';
import { type Fault, fault } from '@joh/protocol';
import { z } from 'zod';
import { limits } from '../limits.ts';
import { type EngineApi, linesOf } from './engine-api.ts';

export interface PullOptions {
  api: EngineApi;
  clock: Clock;
  /** For people: which host. */
  name: string;
}

const progressLine = z.object({ error: z.string().optional() });

/** See `Engine.pull`. */
export async function pullImage(
  { api, clock, name }: PullOptions,
  image: string,
  signal: AbortSignal,
): Promise<void> {
  if (await hasImage(api, image, signal)) return;
  const stalled = new AbortController();
  const both = AbortSignal.any([signal, stalled.signal]);
  let cancel = () => {};
  const awaitLine = () => {
    cancel();
    const late = () => stalled.abort(new DeadlinePassed(`nothing in ${limits.pullStallMs} ms`));
    cancel = clock.after(limits.pullStallMs, late);
  };
  awaitLine();
  try {
    const given = { signal: both, timeoutMs: limits.pullStallMs };
    const answer = await api.open('POST', `/images/create?${query(image)}`, given);
    let problem = '';
    for await (const line of linesOf(answer)) {
      awaitLine();
      problem = errorIn(line) ?? problem;
    }
    both.throwIfAborted();
    if (problem) throw pullFault(problem, image, name);
    if (await hasImage(api, image, signal)) return;
    throw pullFault(`the daemon ended with HTTP ${answer.statusCode}`, image, name);
  } catch (error) {
    signal.throwIfAborted();
    if (!stalled.signal.aborted) throw error;
    const reason = `${name}: nothing of the image ${image} arrived for ${limits.pullStallMs / 1000} s. Check the registry and the network between them`;
    throw fault('E_ENGINE_UNREACHABLE', { reason }, { cause: error });
  } finally {
    cancel();
  }
}

async function hasImage(api: EngineApi, image: string, signal: AbortSignal): Promise<boolean> {
  const path = `/images/${encodeURIComponent(image)}/json`;
  const found = await api.call('GET', path, { signal, timeoutMs: limits.listTimeoutMs });
  return found.status === 200;
}

/** Without a tag Docker pulls every one there is. */
function query(image: string): URLSearchParams {
  const named = /[:@][^/]*$/.test(image) ? image : `${image}:latest`;
  return new URLSearchParams({ fromImage: named });
}

/** A line of progress, or an answer that is an error: `message` then. */
function errorIn(line: string): string | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const message = (value as { message?: unknown } | null)?.message;
    return typeof message === 'string' ? message : progressLine.safeParse(value).data?.error;
  } catch {
    return undefined;
  }
}

/** The daemon's words for a registry that it could not speak to, as against one that said no. */
const unanswered = /dial tcp|i\/o timeout|connection refused|no route|timeout|no such host|EOF/i;

/** The fault for a pull that the daemon gave up, from its own words. */
export function pullFault(words: string, image: string, name: string): Fault {
  const code = unanswered.test(words) ? 'E_ENGINE_UNREACHABLE' : 'E_ENGINE_REFUSED';
  const todo =
    code === 'E_ENGINE_REFUSED'
      ? 'Push it to the registry, or name another image'
      : 'Check that the registry runs and that this node reaches it';
  return fault(code, { reason: `${name} did not get the image ${image}: ${words}. ${todo}` });
}
