import { describe, expect, it } from 'vitest';
import { runToEnd } from './output.ts';

describe('a program run to its end', () => {
  const options = { cwd: '/', deadlineMs: 10_000, outputBytesMax: 1000 };
  it('is bounded in time and in what it says, with its children', async () => {
    const quick = { ...options, deadlineMs: 50 };
    await expect(runToEnd(['sh', '-c', 'sleep 60 & sleep 60'], quick)).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
    });
    await expect(runToEnd(['yes'], options)).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
    const stop = AbortSignal.timeout(20);
    await expect(runToEnd(['sleep', '60'], { ...options, signal: stop })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const asked = { ...quick, graceMs: 5_000 };
    const polite = ['sh', '-c', 'trap "echo bye >&2; exit 0" TERM; sleep 60 & wait'] as const;
    let said = '';
    const onStderr = (text: string) => {
      said += text;
    };
    await expect(runToEnd(polite, { ...asked, onStderr })).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
    });
    expect(said).toBe('bye\n');
    await expect(runToEnd(['/no/such'], options)).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
    });
  });

  it('gives what it said, and how it ended', async () => {
    const ended = await runToEnd(['sh', '-c', 'cat; echo no >&2; exit 4'], {
      ...options,
      input: 'hello',
    });
    expect(ended).toMatchObject({ exitCode: 4, signal: null, stderr: 'no\n' });
    expect(ended.stdout.toString()).toBe('hello');
  });
});
