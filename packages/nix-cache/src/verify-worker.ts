/** A thread that verifies one archive after the other, so that hashing holds up nobody's requests. */
import { parentPort } from 'node:worker_threads';
import {
  VerificationFailed,
  type VerificationRequest,
  type VerifiedNar,
  verifyNarFile,
} from './verification.ts';

/** What the thread answers, in the order in which it was asked. */
export type VerificationAnswer =
  | { verified: VerifiedNar }
  | { refused: string }
  | { failed: string };

parentPort?.on('message', (request: VerificationRequest) => {
  void verifyNarFile(request)
    .then((verified): VerificationAnswer => ({ verified }))
    .catch((error: unknown): VerificationAnswer => {
      if (error instanceof VerificationFailed) return { refused: error.message };
      return { failed: error instanceof Error ? error.message : String(error) };
    })
    .then((answer) => parentPort?.postMessage(answer));
});
