/** Writes the C++ around a design: its clock, its pins, and a serial port as a person sees it. Pure. */
import type { Binding, Wire } from './binding.ts';
import { inputsOf, mangled, needsRisingEdgesOnly, portsOf } from './cxxrtl.ts';
import { oscillatorWire } from './models.ts';

export interface HarnessOptions {
  top: string;
  binding: Binding;
  /** What CXXRTL wrote. */
  code: string;
  /** File name of `code`, for `#include`. */
  include: string;
}

export function harness({ top, binding, code, include }: HarnessOptions): string {
  const ports = portsOf(code);
  const here = (wire: Wire | null) => (wire && ports.has(mangled(wire.port)) ? wire : null);
  const { lights, buttons, high } = binding;
  const rx = here(binding.rx);
  const tx = here(binding.tx);
  const clocks = clocksOf(code, here(binding.clock));
  const set = (wire: Wire, level: string) =>
    `set_bit<${wire.bit}>(top.${mangled(wire.port)}, ${level});`;
  const get = (wire: Wire) => `bit_of<${wire.bit}>(top.${mangled(wire.port)})`;
  const known = (bound: (typeof lights)[number]) => here(bound.wire) !== null;
  const shines = lights.map((light, at) =>
    known(light) ? `lit[${at}] += ${light.activeLow ? '!' : ''}${get(light.wire)};` : '',
  );
  const presses = buttons.map((button, at) =>
    known(button)
      ? `case ${at}: ${set(button.wire, button.activeLow ? '!is_down' : 'is_down')} break;`
      : '',
  );
  const released = [
    ...buttons.filter(known).map(({ wire, activeLow }) => set(wire, String(activeLow))),
    ...high.filter(here).map((wire) => set(wire, 'true')),
    ...(rx ? [set(rx, 'true')] : []),
  ];
  return `#include "${include}"
using namespace cxxrtl;
static cxxrtl_design::${mangled(top)} top;
${bits}
static inline void cycle() {
  ${cycle(code, clocks)}
}
static uint32_t lit[${Math.max(1, lights.length)}];
static inline void look() { ${shines.join(' ')} }
static inline void set_rx(bool level) { ${rx ? set(rx, 'level') : '(void)level;'} }
static inline bool get_tx() { return ${tx ? get(tx) : 'true'}; }
${serial}
extern "C" {
__attribute__((export_name("start"))) void start() { ${released.join(' ')} top.step(); }
__attribute__((export_name("press"))) void press(uint32_t button, uint32_t is_down) {
  (void)is_down;
  switch (button) { ${presses.join(' ')} default: break; }
}
__attribute__((export_name("takeLit"))) uint32_t take_lit(uint32_t light) {
  uint32_t clocks = lit[light]; lit[light] = 0; return clocks;
}
__attribute__((export_name("run"))) void run(uint32_t clocks) {
  while (clocks--) { drive(); cycle(); listen(get_tx()); look(); }
}
}
`;
}

/** A design without a clock is settled once a step. */
function cycle(code: string, clocks: readonly Clock[]): string {
  const rises = clocks.map(({ set }) => set('true')).join(' ');
  const falls = clocks.map(({ set }) => set('false')).join(' ');
  const [only] = clocks;
  if (!only) return 'top.step();';
  if (clocks.length === 1 && needsRisingEdgesOnly(code, only.member))
    return `top.prev_${only.member} = value<1>{0u}; ${rises} top.step();`;
  return `${falls} top.step(); ${rises} top.step();`;
}

interface Clock {
  member: string;
  set(level: string): string;
}

/** The clock's pin, and the inputs that were made of oscillators. */
function clocksOf(code: string, pin: Wire | null): Clock[] {
  const oscillators = inputsOf(code).filter((name) =>
    name.endsWith(`${mangled(oscillatorWire).slice(2)}_2e_i`),
  );
  const clocks = oscillators.map((member) => ({ member, bit: 0 }));
  if (pin) clocks.push({ member: mangled(pin.port), bit: pin.bit });
  return clocks.map(({ member, bit }) => ({
    member,
    set: (level) => `set_bit<${bit}>(top.${member}, ${level});`,
  }));
}

/** A \`wire\` holds a value now and one for after the step; an input may be either. */
const bits = `
template <size_t Bit, size_t Width> static inline bool bit_of(const value<Width> &v) {
  return v.data[Bit / 32] >> (Bit % 32) & 1u;
}
template <size_t Bit, size_t Width> static inline bool bit_of(const wire<Width> &w) {
  return bit_of<Bit>(w.curr);
}
template <size_t Bit, size_t Width> static inline void set_bit(value<Width> &v, bool level) {
  v.data[Bit / 32] = (v.data[Bit / 32] & ~(1u << (Bit % 32))) | (uint32_t(level) << (Bit % 32));
}
template <size_t Bit, size_t Width> static inline void set_bit(wire<Width> &w, bool level) {
  set_bit<Bit>(w.curr, level); set_bit<Bit>(w.next, level);
}`;

/** 8N1, least significant bit first, at bits of \`bit\` 256ths of a clock. */
const serial = `
static int32_t bit = 104 * 256;
static const int32_t never = 0x7fffffff;
static uint8_t queue[4096]; static uint32_t queue_in, queue_out;
static int32_t rx_wait = never; static uint32_t rx_frame, rx_bits;
static void advance() {
  if (rx_bits == 0) {
    if (queue_in == queue_out) { rx_wait = never; return; }
    rx_frame = 0x200u | uint32_t(queue[queue_out++ % sizeof queue]) << 1; rx_bits = 10;
  }
  set_rx(rx_frame & 1u); rx_frame >>= 1; rx_bits--; rx_wait += bit;
}
static inline void drive() { if ((rx_wait -= 256) <= 0) advance(); }
static uint8_t heard[4096]; static uint32_t heard_in, heard_out, broken;
static bool tx_before = true; static int32_t tx_wait; static uint32_t tx_bits, tx_byte;
static void sample(bool level) {
  tx_wait += bit;
  if (tx_bits == 10 && level) { tx_bits = 0; tx_before = true; return; }
  if (tx_bits < 10 && tx_bits > 1) tx_byte = tx_byte >> 1 | uint32_t(level) << 7;
  if (tx_bits == 1) {
    if (!level) broken++;
    else if (heard_in - heard_out < sizeof heard) heard[heard_in++ % sizeof heard] = uint8_t(tx_byte);
    tx_before = level;
  }
  tx_bits--;
}
static inline void listen(bool level) {
  if (tx_bits != 0) { if ((tx_wait -= 256) <= 0) sample(level); return; }
  if (tx_before && !level) { tx_bits = 10; tx_wait = bit / 2; }
  tx_before = level;
}
extern "C" {
__attribute__((export_name("setBit"))) void set_bit_clocks(uint32_t clocks256) { bit = int32_t(clocks256); }
__attribute__((export_name("send"))) uint32_t send(uint32_t byte) {
  if (queue_in - queue_out >= sizeof queue) return 0;
  queue[queue_in++ % sizeof queue] = uint8_t(byte);
  if (rx_bits == 0 && rx_wait > bit) rx_wait = 0; // the line is idle
  return 1;
}
__attribute__((export_name("takeByte"))) int32_t take_byte() {
  return heard_in == heard_out ? -1 : int32_t(heard[heard_out++ % sizeof heard]);
}
__attribute__((export_name("takeBroken"))) uint32_t take_broken() { uint32_t n = broken; broken = 0; return n; }
}`;
