/** How a fake engine sins. One sin each; otherwise it behaves. */
export const personalities = {
  plain: 'does what the interface says',
  slow: 'every create and destroy takes long',
  never: 'a create is not answered until its bound, and makes nothing',
  failing: 'every create is refused',
  lying: 'says created, and is not',
  flapping: 'answers for a while, then does not for a while, over and over',
  amnesiac: 'forgets on restart what runs',
  duplicating: 'starts everything twice, lists it twice and tells it twice',
} as const;

export type Personality = keyof typeof personalities;

/** Reports whether a word names a personality. */
export function isPersonality(word: string): word is Personality {
  return Object.hasOwn(personalities, word);
}
