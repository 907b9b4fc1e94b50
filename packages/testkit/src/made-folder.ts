import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';

/** Moves a folder that was made aside to where it is kept; another process may have been first with the same. */
export async function putInPlace(made: string, place: string): Promise<void> {
  await rename(made, place).catch((error: unknown) => {
    if (!existsSync(place)) throw error;
  });
}
