/** Shows a fault as the error table words it: what happened, what was kept, what to do. */
export interface ShownFault {
  message: string;
  kept: string;
  todo: string;
  code: string;
}

const unreachable: ShownFault = {
  message: 'The site does not answer.',
  kept: 'Nothing was changed.',
  todo: 'Check your connection and try again.',
  code: 'offline',
};

/** The result of one call of the API: a value, or the fault to show. */
export type Answer<T> = { value: T } | { fault: ShownFault };

/** Calls the API with the cookie of this site; never throws. Gives up after `deadlineMs`. */
export async function callApi<T>(
  method: string,
  path: string,
  body?: unknown,
  deadlineMs = 30_000,
): Promise<Answer<T>> {
  try {
    const response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (response.status === 204) return { value: undefined as T };
    const json = await response.json();
    return response.ok ? { value: json as T } : { fault: json.error as ShownFault };
  } catch {
    return { fault: unreachable };
  }
}

/** Fills an element with the fault's sentences and shows it. */
export function showFault(element: HTMLElement, fault: ShownFault): void {
  const sentence = (text: string, name: string) => {
    const part = document.createElement('p');
    part.className = name;
    part.textContent = text;
    return part;
  };
  element.replaceChildren(
    sentence(fault.message, 'what'),
    sentence(fault.kept, 'kept'),
    sentence(fault.todo, 'todo'),
  );
  element.dataset.code = fault.code;
  element.hidden = false;
}
