/** Says something to who cannot see it, without taking them away from what they do. */
export function announce(sentences: readonly string[]): void {
  const place = document.getElementById('announcement');
  if (place && sentences.length > 0) place.textContent = sentences.join(' ');
}
