/** Gibibytes for people, one digit after the point where it says something. */
export function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1).replace(/\.0$/, '');
}
