import { html } from "./html.ts";

/** The report's whole style: system fonts, light or dark as the reader's system is, plain on paper. */
export const HTML_STYLE = html`
:root {
  color-scheme: light dark;
  --page: #f4f6f8; --card: #fff; --ink: #1c2733; --soft: #556270; --line: #dde3e9; --track: #edf0f3;
  --green: #1c7c4a; --amber: #a65f00; --red: #b3261e; --blue: #2563a8;
  --green-wash: #e3f4ea; --amber-wash: #fdf0da; --red-wash: #fbe5e3;
  --waiting: #9aa7b4; --minted: #86b6e4; --listed: #4f90cf; --submitted: #2b669f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #12171d; --card: #1b222a; --ink: #e6ebf0; --soft: #9dabb9; --line: #303a45; --track: #26303a;
    --green: #5fc78d; --amber: #eeb055; --red: #f28b82; --blue: #7fb4ec;
    --green-wash: #16301f; --amber-wash: #352812; --red-wash: #3a1c1a;
    --waiting: #74818e; --minted: #335f8b; --listed: #4584bf; --submitted: #82b8ec;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
header p, footer { color: var(--soft); }
h1 { margin: 0; font-size: 1.7rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { margin: 0 0 .8rem; font-size: 1.05rem; }
a { color: var(--blue); }
.over { margin: 0 0 .2rem; font-size: .8rem; letter-spacing: .06em; text-transform: uppercase; }
.lamp { display: flex; gap: .9rem; align-items: flex-start; margin: 1.2rem 0; padding: .9rem 1.1rem; border-left: 6px solid; border-radius: 8px; }
.lamp strong { display: block; font-size: 1.1rem; }
.lamp p { margin: 0; color: var(--ink); }
.lamp svg { flex: none; width: 1.5rem; height: 1.5rem; margin-top: .1rem; }
.green { color: var(--green); background: var(--green-wash); border-color: var(--green); }
.amber { color: var(--amber); background: var(--amber-wash); border-color: var(--amber); }
.red { color: var(--red); background: var(--red-wash); border-color: var(--red); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem; margin: 0 0 .9rem; }
.tiles div, section { background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
.tiles div { padding: .8rem 1rem; }
.tiles dt { color: var(--soft); font-size: .85rem; }
.tiles dd { margin: 0; font-size: 1.55rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tiles dd + dd { color: var(--soft); font-size: .85rem; font-weight: 400; }
section { padding: 1.1rem 1.2rem; margin: 0 0 .9rem; break-inside: avoid; }
section.long { break-inside: auto; }
svg.stack { display: block; width: 100%; height: 1.6rem; border-radius: 4px; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: .8rem 0 0; padding: 0; list-style: none; }
.key small { color: var(--soft); }
.swatch { width: .8rem; height: .8rem; margin-right: .4rem; vertical-align: -.05rem; }
table { width: 100%; border-collapse: collapse; }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
th, td { padding: .32rem .6rem .32rem 0; text-align: left; vertical-align: middle; font-weight: 400; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-size: .8rem; }
tbody tr { border-top: 1px solid var(--line); break-inside: avoid; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { width: 42%; padding-right: 0; }
.bar svg { display: block; width: 100%; height: .7rem; border-radius: 3px; }
.facts th { width: 13rem; color: var(--soft); vertical-align: top; }
.facts td { font-variant-numeric: tabular-nums; }
code { font: .86em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
h3 { margin: 1rem 0 .4rem; font-size: .95rem; }
summary { cursor: pointer; font-weight: 600; }
table.rows { margin-top: 1rem; } .rows td { vertical-align: top; } .rows .number { width: 5rem; padding-right: 1.2rem; }
ul.notes { margin: 0; padding-left: 1.2rem; }
footer { margin-top: 1.2rem; font-size: .85rem; }
.track { fill: var(--track); }
.tone-time { fill: var(--listed); } .tone-reject, .stage-rejected { fill: var(--amber); }
.stage-planned, .stage-reserved { fill: var(--waiting); } .stage-minted { fill: var(--minted); }
.stage-listed { fill: var(--listed); } .stage-submitted { fill: var(--submitted); }
.stage-confirmed, .tone-within { fill: var(--green); } .stage-revoked, .tone-behind { fill: var(--red); }
.tone-allowed { fill: var(--waiting); }
@media (max-width: 36rem) { .bar { width: 25%; } .facts th { width: 8rem; } }
@media print {
  :root { color-scheme: light; --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; --track: #eee;
    --green: #1c7c4a; --amber: #a65f00; --red: #b3261e; --blue: #000;
    --green-wash: #fff; --amber-wash: #fff; --red-wash: #fff;
    --waiting: #9aa7b4; --minted: #86b6e4; --listed: #4f90cf; --submitted: #2b669f; }
  body { font-size: 11px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .tiles { grid-template-columns: repeat(4, 1fr); }
}
`;
