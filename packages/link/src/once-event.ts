/** Something that happens once, and is heard also by those who ask later. */
export interface OnceEvent<T> {
  readonly value: { readonly is: T } | null;
  /** The first call alone counts. */
  fire(value: T): void;
  listen(listener: (value: T) => void): void;
}

export function createOnceEvent<T>(): OnceEvent<T> {
  let listeners: ((value: T) => void)[] = [];
  let value: { readonly is: T } | null = null;
  return {
    get value() {
      return value;
    },
    fire: (is) => {
      if (value) return;
      value = { is };
      const now = listeners;
      listeners = [];
      for (const listener of now) listener(is);
    },
    listen: (listener) => {
      if (value) listener(value.is);
      else listeners.push(listener);
    },
  };
}
