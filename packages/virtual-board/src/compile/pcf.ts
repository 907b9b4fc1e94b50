/** Pin constraints of iCE40 (icestorm's PCF). Pure. */

/** `set_io` of one name. */
export interface PinConstraint {
  pin: string;
  pullUp: boolean;
}

/**
 * Names of wires and their pins, in the words of the file: `LED`, `LED[3]`. Lines that say something
 * else are passed over: nextpnr has already judged the file.
 */
export function readPcf(text: string): ReadonlyMap<string, PinConstraint> {
  const pins = new Map<string, PinConstraint>();
  for (const line of text.split('\n')) {
    const [command, ...words] = line.replace(/#.*$/, '').trim().split(/\s+/);
    if (command !== 'set_io') continue;
    const plain: string[] = [];
    let pullUp = false;
    for (let at = 0; at < words.length; at++) {
      const word = words[at] ?? '';
      // Those that have a value; `-nowarn` has none.
      if (word === '-pullup') pullUp = /^(yes|1|true)$/i.test(words[++at] ?? '');
      else if (word === '-pullup_resistor') at++;
      else if (!word.startsWith('-')) plain.push(word);
    }
    const [name, pin] = plain;
    if (name && pin) pins.set(name, { pin: pin.toUpperCase(), pullUp });
  }
  return pins;
}
