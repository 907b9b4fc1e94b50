import { type Html, html } from './html.ts';
import { page } from './layout.ts';

/** What a visitor sees first. */
export function landingPage(): string {
  return page(
    { title: 'FPGA development in the browser', account: null, path: '/' },
    html`<section class="hero">
<div>
<h1>From an idea to a blinking board, in one tab.</h1>
<p class="lead">Write Verilog with real completions, build real bitstreams with yosys and nextpnr, and
program the board on your desk straight from the browser. No board yet? Start on a simulated one.</p>
<p class="actions"><a class="button" href="/sign-up">Start a project</a>
<a class="button quiet" href="/templates">See the templates</a></p>
</div>
${boardPicture()}
</section>
<ul class="cards">
${reason('Ready when you click', 'A warm container with four cores is waiting. Your files and a terminal are there at once, in the editor your hands already know.')}
${reason('A real tool chain', 'Synthesis, place and route, timing and utilisation. What the tools complain about stands in Problems, at file and line.')}
${reason('The board on your desk', 'Bitstreams are checked against the attached board before a byte is sent, programmed over WebUSB, and verified.')}
${reason('Yours, as git', 'Every project is a git repository with its shell in Nix. Push, pull and clone from anywhere; nothing is locked in.')}
</ul>`,
  );
}

function reason(title: string, text: string): Html {
  return html`<li class="card"><h3>${title}</h3><p>${text}</p></li>`;
}

/** A board with lights that walk; the style sheet moves them. */
function boardPicture(): Html {
  const pads = Array.from({ length: 12 }, (_, index) => index);
  const leds = [0, 1, 2, 3, 4];
  return html`<svg class="board" viewBox="0 0 480 300" role="img" aria-label="An FPGA board with five lights">
<rect x="14" y="34" width="452" height="232" rx="16" fill="#211d19" stroke="#ff9233" stroke-width="2.5"/>
<rect x="0" y="120" width="42" height="60" rx="6" fill="#8a8378"/><rect x="6" y="128" width="30" height="44" rx="4" fill="#4b463f"/>
<g stroke="#6b4520" stroke-width="2" fill="none"><path d="M150 120H96v-40M150 150H42M150 180H96v40M310 110h60V80M310 140h90M310 170h90M310 200h60v30M200 90V60M230 90V60M260 90V60M200 210v30M230 210v30M260 210v30"/></g>
<rect x="150" y="90" width="160" height="120" rx="8" fill="#14110f" stroke="#ff9233" stroke-width="2"/>
<g fill="#c9a06b">${pads.map((index) => html`<rect x="${158 + index * 12.4}" y="82" width="6" height="8"/><rect x="${158 + index * 12.4}" y="210" width="6" height="8"/>`)}</g>
<path d="M238 122v38a14 14 0 0 1-28 0" stroke="#ff9233" stroke-width="9" fill="none" stroke-linecap="round"/><circle cx="256" cy="168" r="6" fill="#ff9233"/>
<g>${leds.map((index) => html`<circle class="led" cx="${400}" cy="${84 + index * 33}" r="9" fill="#5a3413"/>`)}</g>
<g fill="#c9a06b">${pads.map((index) => html`<circle cx="${110 + index * 24}" cy="50" r="4"/><circle cx="${110 + index * 24}" cy="250" r="4"/>`)}</g>
</svg>`;
}
