/**
 * Work that is done again when it is asked for meanwhile, one run at a time: a run that began after the
 * last asking always follows.
 */
export function createRepeat(work: () => Promise<void>, onError: () => void): () => void {
  let isRunning = false;
  let isAgain = false;
  const rounds = async () => {
    while (isAgain) {
      isAgain = false;
      await work();
    }
    // In the same step as the last look at `isAgain`: whoever asks in between would be forgotten.
    isRunning = false;
  };
  return () => {
    isAgain = true;
    if (isRunning) return;
    isRunning = true;
    rounds().catch(() => {
      isRunning = false;
      onError();
    });
  };
}
