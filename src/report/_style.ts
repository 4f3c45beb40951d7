/** How pages look: one sheet, light and dark by the system's wish, from the width of a phone on. @module */

export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --raised: #f5f7f9; --link: #0b5cad;
  --good: #156b2e; --bad: #ab1f15; --warn: #7d5200; --busy: #0b5cad; --mute: #606874;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --ink: #e6e9ec; --soft: #a3adb7; --line: #353c44; --raised: #1e2327; --link: #7db8f5;
    --good: #57c271; --bad: #ff8a80; --warn: #e0b04a; --busy: #7db8f5; --mute: #9aa4af;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .5rem; z-index: 9; }
.top { border-bottom: 1px solid var(--line); padding: .6rem 1rem; }
.top ol { display: flex; flex-wrap: wrap; gap: .25rem .5rem; list-style: none; margin: 0; padding: 0; }
.top li + li::before { content: "/"; color: var(--soft); margin-right: .5rem; }
main { max-width: 80rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 .5rem; }
.soft { color: var(--soft); }
code, pre, .mono { font-family: var(--mono); font-size: .9em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 600; white-space: nowrap; }
th a { color: inherit; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td time { white-space: nowrap; }
td.wide { overflow-wrap: anywhere; min-width: 12rem; }
form.filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 1rem 0; }
form.filters label { display: grid; gap: .15rem; color: var(--soft); font-size: .85rem; }
input, select, button { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--line);
  border-radius: 6px; padding: .35rem .6rem; min-width: 0; }
form.filters input, form.filters select, form.filters button { height: 2.3rem; }
button { cursor: pointer; }
.trends { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: 1rem; margin: 1rem 0; }
.trends figure { margin: 0; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .6rem; }
.trends figcaption { color: var(--soft); font-size: .85rem; }
.trends svg { display: block; width: 100%; height: 5rem; }
.bar { fill: var(--mute); }
.bar.succeeded { fill: var(--good); }
.bar.failed, .bar.interrupted { fill: var(--bad); }
.bar.cancelled { fill: var(--warn); }
.bar.running { fill: var(--busy); }
.pages { display: flex; gap: 1rem; margin: 1rem 0; align-items: center; }
.facts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: .5rem 0; padding: 0; list-style: none; }
.facts strong { font-variant-numeric: tabular-nums; }
iframe.preview { width: 100%; height: 70vh; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); }
pre.text { margin: 0; padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
