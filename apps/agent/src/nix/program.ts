import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';

/** The first executable file of that name on a path, as a shell finds it; null when there is none. */
export async function findProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(':').filter(isAbsolute)) {
    const file = join(folder, name);
    const isThere = await access(file, constants.X_OK).then(
      async () => (await stat(file)).isFile(),
      () => false,
    );
    if (isThere) return file;
  }
  return null;
}
