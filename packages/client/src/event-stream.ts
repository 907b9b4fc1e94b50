/** Server-sent events (WHATWG HTML §9.2), as far as FrontendMaster uses them. */

interface ServerEvent {
  /** `message` unless the stream names another. */
  event: string;
  data: string;
}

export interface EventParser {
  /** The events that a piece of the stream completes. */
  push(text: string): ServerEvent[];
}

/** Reads a stream in pieces, cut anywhere. */
export function createEventParser(): EventParser {
  let rest = '';
  let event = 'message';
  let data: string[] = [];
  const line = (text: string): ServerEvent | null => {
    if (text === '') {
      const done = data.length > 0 ? { event, data: data.join('\n') } : null;
      event = 'message';
      data = [];
      return done;
    }
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
    return null;
  };
  return {
    push: (text) => {
      rest += text;
      const events: ServerEvent[] = [];
      for (;;) {
        const end = /\r\n|\n|\r(?!$)/.exec(rest);
        if (!end) return events;
        const done = line(rest.slice(0, end.index));
        rest = rest.slice(end.index + end[0].length);
        if (done) events.push(done);
      }
    },
  };
}
