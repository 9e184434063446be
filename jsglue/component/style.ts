/** How the list and the log look. The custom properties are described in docs/list.md. */

import { styleSheet } from './html';

let sheet: CSSStyleSheet | undefined;

export const STYLE = (): CSSStyleSheet => (sheet ??= styleSheet(TEXT));

const TEXT = `
:host {
  --_text: var(--bgfetch-text, CanvasText);
  --_back: var(--bgfetch-background, Canvas);
  --_muted: var(--bgfetch-muted, color-mix(in srgb, var(--_text) 66%, var(--_back)));
  --_line: var(--bgfetch-border, color-mix(in srgb, var(--_text) 14%, var(--_back)));
  --_soft: color-mix(in srgb, var(--_text) 6%, var(--_back));
  --_accent: var(--bgfetch-accent, color-mix(in srgb, #1a6fe8, var(--_text) 18%));
  --_good: var(--bgfetch-success, color-mix(in srgb, #12854a, var(--_text) 22%));
  --_bad: var(--bgfetch-error, color-mix(in srgb, #d62f2f, var(--_text) 22%));
  --_radius: var(--bgfetch-radius, 10px);
  display: block;
  color: var(--_text);
  font: inherit;
  line-height: 1.4;
  container-type: inline-size;
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.hidden {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
section + section { margin-block-start: 1.75rem; }
h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 600; }
.head { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; }
ul { list-style: none; margin: 0; padding: 0; }
.empty { margin: 0; color: var(--_muted); }
.error { margin: .75rem 0 0; color: var(--_bad); overflow-wrap: anywhere; }
.error:empty { display: none; }
.item {
  display: grid; grid-template-columns: 2.5rem minmax(0, 1fr) auto; align-items: center;
  gap: .25rem .875rem; padding-block: .75rem; border-block-start: 1px solid var(--_line);
}
.item:last-child { border-block-end: 1px solid var(--_line); }
.icon {
  display: grid; place-items: center; inline-size: 2.5rem; block-size: 2.5rem; overflow: hidden;
  border-radius: calc(var(--_radius) * .8); background: var(--_soft); color: var(--_muted);
}
.icon:empty::before { content: ""; inline-size: .9rem; block-size: .9rem; background: currentColor;
  clip-path: polygon(38% 0, 62% 0, 62% 42%, 84% 42%, 50% 78%, 16% 42%, 38% 42%, 38% 0, 38% 0, 0 88%, 100% 88%, 100% 100%, 0 100%, 0 88%); }
.icon img { inline-size: 100%; block-size: 100%; object-fit: cover; }
.main { display: grid; grid-template-columns: minmax(0, 1fr); gap: .1875rem; min-inline-size: 0; }
.title { font-weight: 550; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[dir=auto]:dir(rtl), .all:dir(rtl) [dir=auto]:dir(ltr) { text-align: end; }
.all:dir(rtl) [dir=auto]:dir(rtl) { text-align: start; }
.meta { color: var(--_muted); font-size: .8125rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bar { block-size: 6px; margin-block: .1875rem; border-radius: 3px; background: var(--bgfetch-track, var(--_line)); overflow: hidden; }
.fill { block-size: 100%; inline-size: 0; border-radius: inherit; background: var(--_accent); transition: inline-size .2s linear; }
.facts {
  display: flex; justify-content: space-between; gap: 1rem; min-block-size: 1.2rem; color: var(--_muted);
  font-size: .8125rem; font-variant-numeric: tabular-nums; white-space: nowrap;
}
.detail { color: var(--_muted); font-size: .8125rem; overflow-wrap: anywhere; }
.detail:empty { display: none; }
details { font-size: .8125rem; color: var(--_muted); }
.item summary { font-weight: inherit; }
.item:has(details[open]) { align-items: start; }
.group { grid-column: 1 / -1; }
.group .item { padding-inline-start: 1rem; }
.group .item:last-child { border-block-end: none; }
.files { display: grid; gap: .25rem; padding-block: .375rem; padding-inline-start: 1rem; }
.files li { overflow-wrap: anywhere; }
.files a { color: var(--_accent); text-underline-offset: .15em; }
a:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; border-radius: 3px; }
[data-state=success] .facts, [data-state=failure] .facts { flex-direction: row-reverse; justify-content: flex-end; }
.amount:empty { display: none; }
.state { overflow: hidden; text-overflow: ellipsis; }
[data-state=paused] .fill, [data-state^=waiting] .fill, [data-state=queued] .fill { background: var(--_muted); }
[data-state=success] .state { color: var(--_good); }
[data-state=failure] .state { color: var(--_bad); }
.unknown:is([data-state=running]) .fill {
  inline-size: 100% !important; opacity: .8;
  background: linear-gradient(90deg, transparent, var(--_accent), transparent) 0 / 50% 100% repeat-x;
  animation: slide 1.4s linear infinite;
}
.all:dir(rtl) .fill { animation-direction: reverse; }
@keyframes slide { to { background-position-x: 100%; } }
.actions { display: flex; gap: .375rem; justify-content: end; }
button, .button {
  min-inline-size: 5.25rem; min-block-size: 2rem; padding: 0 .75rem; border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) * .7); background: transparent; color: inherit; font: inherit; font-size: .8125rem;
  font-weight: 500; line-height: 1; cursor: pointer;
}
a.button { display: inline-flex; align-items: center; justify-content: center; text-decoration: none; }
button:hover, a.button:hover { background: var(--_soft); }
button:focus-visible, h2:focus-visible, summary:focus-visible, [tabindex="0"]:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
h2:focus:not(:focus-visible) { outline: none; }
.actions:empty { display: none; }
@container (max-width: 36rem) {
  .item { grid-template-columns: 2.5rem minmax(0, 1fr); }
  .actions { grid-column: 2; justify-content: start; }
}
@container (max-width: 22rem) {
  .facts { flex-wrap: wrap; gap: 0 .75rem; }
  .actions { grid-column: 1 / -1; }
  .actions > * { flex: 1; }
}
@media (prefers-reduced-motion: reduce) {
  .fill { transition: none; }
  .unknown:is([data-state=running]) .fill { animation: none; background: var(--_accent); opacity: .4; }
}
@media (forced-colors: active) {
  .bar { border: 1px solid CanvasText; background: Canvas; }
  .fill { forced-color-adjust: none; background: Highlight !important; }
  .icon:empty::before { forced-color-adjust: none; background: CanvasText; }
}

summary { inline-size: max-content; max-inline-size: 100%; font-weight: 600; cursor: pointer; border-radius: 4px; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1rem; margin-block: .75rem; color: var(--_muted); font-size: .8125rem; font-variant-numeric: tabular-nums; }
.scroll { max-block-size: 24rem; overflow: auto; border: 1px solid var(--_line); border-radius: var(--_radius); }
table { inline-size: 100%; border-collapse: collapse; font-size: .75rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3125rem .625rem; text-align: start; vertical-align: baseline; }
thead th { position: sticky; inset-block-start: 0; background: var(--_back); color: var(--_muted); font-weight: 500; box-shadow: 0 1px var(--_line); }
tbody th { background: var(--_soft); font-weight: 600; }
tbody td { border-block-start: 1px solid var(--_soft); }
td:nth-child(-n + 2) { white-space: nowrap; }
td:nth-child(3) { max-inline-size: 12rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
td:nth-child(4) { overflow-wrap: anywhere; min-inline-size: 12rem; }
`;
