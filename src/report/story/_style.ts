/** How the story of a run looks, beside what all pages share. Colours are those of the frame. @module */

export const STORY_STYLE = `
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
td, th, code, pre, h1, h3, .words, .said { unicode-bidi: isolate; }
h3, h4 { margin: 0; font-size: 1rem; }
dl, dd, figure { margin: 0; }
dt { color: var(--soft); font-size: .8rem; }

.story { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 2rem; }
.contents ol { list-style: none; margin: 0; padding: 0; display: flex; gap: .1rem .25rem; }
.contents a { display: block; padding: .3rem .65rem; border-radius: 6px; text-decoration: none; color: var(--soft); white-space: nowrap; }
.contents a:hover { background: var(--raised); color: var(--ink); }
.contents { position: sticky; top: 0; z-index: 2; background: var(--paper); overflow-x: auto; padding: .4rem .5rem; margin: -1rem -1rem 0; border-bottom: 1px solid var(--line); }
.parts { min-width: 0; }
section { scroll-margin-top: 3.5rem; }
@media (min-width: 68rem) {
  .story:has(> .contents) { grid-template-columns: 11rem minmax(0, 1fr); }
  .contents { position: sticky; top: 1rem; align-self: start; border: 0; margin: 1.5rem 0 0; padding: 0; overflow: visible; background: none; }
  .contents ol { flex-direction: column; }
  section { scroll-margin-top: 1rem; }
  .card > .body { scroll-margin-top: 4.5rem; }
}
.chapter { margin-top: 2.75rem; }
.chapter > h2 { font-size: 1.3rem; margin: 0 0 .75rem; letter-spacing: -.01em; }

.pill { display: inline-flex; gap: .35em; align-items: baseline; padding: .1rem .6rem; border-radius: 99px; font-weight: 600; font-size: .82rem;
  color: var(--mute); background: color-mix(in srgb, var(--mute) 12%, transparent); white-space: nowrap; }
.pill.succeeded { color: var(--good); background: color-mix(in srgb, var(--good) 12%, transparent); }
.pill.failed, .pill.interrupted { color: var(--bad); background: color-mix(in srgb, var(--bad) 12%, transparent); }
.pill.cancelled { color: var(--warn); background: color-mix(in srgb, var(--warn) 12%, transparent); }
.pill.running { color: var(--busy); background: color-mix(in srgb, var(--busy) 12%, transparent); }

.verdict { padding: 1.25rem 0 0; }
.verdict .over { margin: 0; }
.verdict h1 { font-size: clamp(1.5rem, 1.1rem + 1.8vw, 2.1rem); letter-spacing: -.02em; margin: .6rem 0 .4rem; }
.verdict .lead { font-size: 1.05rem; color: var(--soft); margin: 0 0 .75rem; max-width: 48rem; }
.cause { border: 1px solid color-mix(in srgb, var(--bad) 45%, var(--line)); border-left-width: 5px; border-radius: 10px; padding: .75rem 1rem; margin: 1rem 0; background: color-mix(in srgb, var(--bad) 5%, var(--paper)); }
.cause p { margin: .3rem 0; }
.failure .message { font-weight: 600; overflow-wrap: anywhere; }
.failure .code-name { color: var(--bad); font-weight: 600; }
.frame { margin: .6rem 0 .2rem; border: 1px solid var(--line); border-radius: 8px; background: var(--paper); overflow: hidden; }
.frame figcaption { padding: .35rem .75rem; color: var(--soft); font-size: .82rem; border-bottom: 1px solid var(--line); background: var(--raised); }
.frame pre { margin: 0; padding: .5rem 0; overflow-x: auto; }
.frame .line { display: block; width: max-content; min-width: 100%; padding: 0 .75rem; }
.frame .line.meant { background: color-mix(in srgb, var(--bad) 13%, transparent); }
.frame .gutter { color: var(--mute); user-select: none; }
.frame .meant .gutter { color: var(--bad); }
.remarks h2 { font-size: .9rem; margin: 0 0 .2rem; } .remarks ul { margin: 0; padding-left: 1.2rem; }
.remarks { margin: .75rem 0; padding: .6rem 1rem; border-radius: 10px; background: color-mix(in srgb, var(--warn) 9%, var(--paper)); }
.next { margin: .75rem 0; }
.command { display: inline-block; max-width: 100%; user-select: all; padding: .35rem .7rem; border-radius: 6px; background: var(--raised); border: 1px solid var(--line); overflow-wrap: anywhere; }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: .5rem; margin: 1.25rem 0; }
.numbers > div { padding: .6rem .85rem; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.numbers dd { font-size: 1.3rem; font-weight: 600; letter-spacing: -.01em; font-variant-numeric: tabular-nums; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 14rem), 1fr)); gap: .6rem 1.5rem; margin: 0; }
dl.facts div:has(.long) { grid-column: 1 / -1; }
dl.facts dd { overflow-wrap: anywhere; }
.long { overflow-wrap: anywhere; }

.picture, .tall { border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.picture { max-height: 44rem; overflow: auto; }
.graph { display: block; margin: auto; }
.graph.fits { max-width: max(100%, 52rem); height: auto; }
.graph text { font: 600 13px var(--mono); fill: var(--ink); }
.graph .about { font: 12px system-ui, sans-serif; fill: var(--soft); }
.graph .sign { font: 13px system-ui, sans-serif; text-anchor: middle; }
.graph a { text-decoration: none; }
.graph .box { fill: var(--paper); stroke: var(--line); }
.graph a:hover .box, .graph a:focus-visible .box { stroke: var(--link); stroke-width: 2; }
.graph a:focus-visible { outline: none; }
.graph .edge path { fill: none; stroke: var(--mute); stroke-width: 1.5; }
.graph .edge.order path { stroke-dasharray: 4 4; }
.graph .edge text { font: 11px system-ui, sans-serif; fill: var(--soft); text-anchor: middle; paint-order: stroke; stroke: var(--raised); stroke-width: 4px; font-variant-numeric: tabular-nums; }
.graph .arrow { fill: var(--mute); }
.lineage { display: block; margin: auto; font: 13px system-ui, sans-serif; }
.lineage .box { fill: var(--paper); stroke: var(--line); }
.lineage text { fill: var(--ink); }
.lineage .name { font-weight: 600; }
.lineage .column { font: 12px var(--mono); }
.lineage .unused { font-size: 12px; fill: var(--soft); }
.lineage .way { fill: none; stroke: var(--link); stroke-width: 1.75; }
.lineage .way.condition { stroke: var(--mute); stroke-width: 1; stroke-dasharray: 3 4; }
.graph .band rect { fill: color-mix(in srgb, var(--link) 4%, transparent); stroke: color-mix(in srgb, var(--link) 14%, transparent); }
.graph .band text { font: 600 12px system-ui, sans-serif; fill: var(--soft); text-anchor: middle; letter-spacing: .04em; }
.node { --of: var(--mute); }
.node.succeeded { --of: var(--good); } .node.failed { --of: var(--bad); } .node.cancelled { --of: var(--warn); } .node.running { --of: var(--busy); }
.node .edge-of-state, .node .sign { fill: var(--of); }
.node.failed .box { stroke: var(--bad); stroke-width: 1.5; }
.node.skipped .box, .node.pending .box { stroke-dasharray: 4 3; }

.tall { max-height: 32rem; overflow-y: auto; padding: .5rem .75rem .75rem; }
.timeline svg, .chart svg { display: block; overflow: visible; }
.timeline p { margin: 0 0 .25rem; }
.load path { fill: color-mix(in srgb, var(--busy) 22%, transparent); stroke: none; }
.load { padding: 0 .75rem; }
.lane { --of: var(--mute); }
.lane.succeeded { --of: var(--good); } .lane.failed { --of: var(--bad); } .lane.cancelled { --of: var(--warn); } .lane.running { --of: var(--busy); }
.lane text { font: 12px var(--mono); fill: var(--ink); }
.lane text.late { text-anchor: end; }
.lane .track { fill: color-mix(in srgb, var(--mute) 14%, transparent); }
.lane .bar { fill: var(--of); }
.tick line { stroke: var(--line); }
.tick text { font: 11px system-ui, sans-serif; fill: var(--soft); text-anchor: middle; }
.tick text.first { text-anchor: start; } .tick text.last { text-anchor: end; }

caption { text-align: left; color: var(--soft); font-size: .85rem; padding: .25rem .6rem; }
tbody tr:hover { background: var(--raised); }
tbody th { color: var(--ink); font-weight: 600; }
.chapter .scroll + .scroll { margin-top: 1.25rem; }

.card { border: 1px solid var(--line); border-left: 4px solid var(--mute); border-radius: 10px; margin: .75rem 0; background: var(--paper); }
.card:not([open]) { content-visibility: auto; contain-intrinsic-size: auto 3.2rem; }
.card.succeeded { border-left-color: var(--good); } .card.failed { border-left-color: var(--bad); }
.card.cancelled { border-left-color: var(--warn); } .card.running { border-left-color: var(--busy); }
.card > summary { display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: baseline; padding: .75rem 1rem; cursor: pointer; border-radius: 9px; }
.card > summary:hover { background: var(--raised); }
.card > summary::-webkit-details-marker { display: none; }
.card > summary::before, .more > summary::before { content: "▸"; color: var(--mute); display: inline-block; width: 1em; }
.card[open] > summary::before, .more[open] > summary::before { content: "▾"; }
.card > summary { list-style: none; } .more > summary { list-style: none; cursor: pointer; }
.card h3 { font: 600 1.02rem var(--mono); overflow-wrap: anywhere; }
.card .time { margin-left: auto; font-variant-numeric: tabular-nums; }
.card > .body { margin: 0 1rem; padding-bottom: 1rem; scroll-margin-top: 7rem; }
.purpose { font-size: 1.02rem; max-width: 52rem; margin-block: .25rem .75rem; white-space: pre-line; }
.part { margin-top: 1.4rem; }
.part > h4, .more > summary h4, .more > summary h3 { font-size: .95rem; }
.part > h4 { margin-bottom: .4rem; }
.part p { margin: .3rem 0; }
.more > summary { padding: .15rem 0; }
.more > summary h4, .more > summary h3 { display: inline; }
.part ul, .part ol { margin: .3rem 0; padding-left: 1.25rem; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 1.75rem; padding: .6rem 0; border-block: 1px solid var(--line); }
.figures dd { font-weight: 600; font-variant-numeric: tabular-nums; }
.flow { display: grid; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); gap: .6rem 1.5rem; margin-top: .75rem; }
.flow dd { overflow-wrap: anywhere; }
.code { margin: 0; padding: .75rem 1rem; overflow: auto; max-height: 30rem; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); line-height: 1.45; tab-size: 4; }
.code code { font-size: 1em; }
.hl-keyword, .hl-attr { color: var(--code-key); } .hl-built_in, .hl-type { color: var(--code-name); }
.hl-string { color: var(--code-text); } .hl-number, .hl-literal { color: var(--code-number); } .hl-comment { color: var(--mute); font-style: italic; }
:root { --code-key: #6a35c2; --code-name: #0550ae; --code-text: #0a6b3b; --code-number: #9a4700; }
@media (prefers-color-scheme: dark) { :root { --code-key: #c8a6ff; --code-name: #8cc4ff; --code-text: #8fd9a8; --code-number: #f0b37a; } }
.difference ins, .difference del { display: inline-block; min-width: 100%; text-decoration: none; }
.difference ins, tr.column.new, tr.step.new { background: color-mix(in srgb, var(--good) 12%, transparent); }
.difference del, tr.column.gone, tr.step.gone { background: color-mix(in srgb, var(--bad) 10%, transparent); }
tr.column.type, tr.step.changed { background: color-mix(in srgb, var(--warn) 12%, transparent); }
.mark { white-space: nowrap; font-weight: 600; width: 1%; }
.check.pass .mark { color: var(--good); } .check.warn .mark { color: var(--warn); } .check.fail .mark { color: var(--bad); }
.samples { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: .75rem 1.5rem; }
.samples > div { min-width: 0; }
.sample td { white-space: nowrap; font-size: .9rem; max-width: 24rem; overflow: hidden; text-overflow: ellipsis; }
td.null { color: var(--mute); font-style: italic; }
.grants { list-style: none; padding: 0 !important; }
.grants .kind { display: inline-block; min-width: 4.5rem; color: var(--soft); }
.used { color: var(--good); font-weight: 600; font-size: .85rem; }
.denied { color: var(--bad); }
.spark rect { fill: var(--mute); opacity: .55; } .spark rect.now { fill: var(--link); opacity: 1; } .spark rect.failed { fill: var(--bad); }
.profile, .profile ul { list-style: none; padding-left: 1rem; border-left: 1px solid var(--line); }
.profile .operator { font: 600 .88rem var(--mono); margin-right: .5rem; }
.profile .details { margin: 0; font-size: .82rem; overflow-wrap: anywhere; }
.share .track { fill: color-mix(in srgb, var(--mute) 16%, transparent); } .share .bar { fill: var(--busy); }
.log ol { list-style: none; padding: 0; margin: 0; }
.log { padding: .5rem .75rem; max-height: 22rem; overflow: auto; font: .85rem/1.5 var(--mono); background: var(--raised); border: 1px solid var(--line); border-radius: 8px; }
.log li { overflow-wrap: anywhere; white-space: pre-wrap; } .log time { color: var(--soft); }
.level { font-size: .8rem; color: var(--soft); }
.warn > .level { color: var(--warn); font-weight: 600; } .error > .level { color: var(--bad); font-weight: 600; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
.chart { padding: .85rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--raised); }
.chart figcaption { font-weight: 600; margin-bottom: .5rem; }
.chart .value { fill: var(--soft); }

.events { max-height: 36rem; overflow: auto; border: 1px solid var(--line); border-radius: 10px; font-size: .86rem; }
.events .chunk { list-style: none; margin: 0; padding: 0; }
.events.many .chunk { content-visibility: auto; contain-intrinsic-size: auto 90rem; }
.event { display: grid; grid-template-columns: 6.5rem 3.2rem minmax(0, 1fr); gap: 0 .75rem; padding: .3rem .75rem; border-bottom: 1px solid var(--line); }
.event time { font-family: var(--mono); color: var(--soft); }
.event .kind { font-weight: 600; overflow-wrap: anywhere; }
.event .step { grid-column: 3; color: var(--link); } .event .words { grid-column: 3; color: var(--soft); overflow-wrap: anywhere; max-height: 6lh; overflow: hidden; }
.event.error { background: color-mix(in srgb, var(--bad) 7%, transparent); } .event.warn { background: color-mix(in srgb, var(--warn) 7%, transparent); }
@media (min-width: 60rem) {
  .event { grid-template-columns: 6.5rem 3.2rem 13rem 10rem minmax(0, 1fr); }
  .event .kind { grid-column: 3; } .event .step { grid-column: 4; overflow-wrap: anywhere; } .event .words { grid-column: 5; }
}
@media (max-width: 30rem) {
  .event { grid-template-columns: 5.6rem minmax(0, 1fr); }
  .event .kind, .event .step, .event .words { grid-column: 1 / -1; }
}
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; margin-top: 1rem; }
.side { padding: .85rem 1.1rem; border: 1px solid var(--line); border-top: 4px solid var(--mute); border-radius: 10px; background: var(--raised); }
.side.succeeded { border-top-color: var(--good); } .side.failed, .side.interrupted { border-top-color: var(--bad); } .side.cancelled { border-top-color: var(--warn); } .side.running { border-top-color: var(--busy); }
.side h2 { font-size: .85rem; color: var(--soft); margin: 0 0 .4rem; } .side p { margin: .25rem 0; } .side .said { font-size: 1.05rem; font-weight: 600; }

@media print { .contents, form.filters { display: none; } .card { break-inside: avoid; } .tall, .events, .code { max-height: none; } }
`;
