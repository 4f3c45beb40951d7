/**
 * Texts that would run a script where somebody forgot to escape them: thirty ways to run one, behind ten ways out of
 * where a text may stand. Each calls `canary(N)` with its own number.
 *
 * @module
 */

const RUNS: readonly ((call: string) => string)[] = [
  (call) => `<script>${call}</script>`,
  (call) => `<img src=x onerror=${call}>`,
  (call) => `<svg onload=${call}>`,
  (call) => `<svg><script>${call}</script></svg>`,
  (call) => `<iframe srcdoc="<script>parent.${call}</script>"></iframe>`,
  (call) => `<iframe src="javascript:parent.${call}"></iframe>`,
  (call) => `<details open ontoggle=${call}>`,
  (call) => `<video><source onerror=${call}></video>`,
  (call) => `<audio src=x onerror=${call}></audio>`,
  (call) => `<input autofocus onfocus=${call}>`,
  (call) => `<select autofocus onfocus=${call}></select>`,
  (call) => `<a href="javascript:${call}" data-canary>x</a>`,
  (call) => `<object data="javascript:${call}"></object>`,
  (call) => `<embed src="javascript:${call}">`,
  (call) => `<form action="javascript:${call}" data-canary><button>x</button></form>`,
  (call) => `<meta http-equiv="refresh" content="0;url=javascript:${call}">`,
  (call) => `<base href="javascript:${call}//">`,
  (call) => `<link rel="stylesheet" href="x" onerror=${call}>`,
  (call) => `<style>@keyframes x{}</style><xss style="animation-name:x" onanimationstart=${call}></xss>`,
  (call) => `<svg><animate onbegin=${call} attributeName=x dur=1s>`,
  (call) => `<svg><set onbegin=${call} attributeName=x to=1>`,
  (call) => `<body onload=${call}>`,
  (call) => `<marquee onstart=${call}>x</marquee>`,
  (call) =>
    `<math><mtext><table><mglyph><style><img src=x onerror=${call}></style></mglyph></table></mtext></math>`,
  (call) => `<noscript><p title="</noscript><img src=x onerror=${call}>"></noscript>`,
  (call) => `<template><script>${call}</script></template><img src=x onerror=${call}>`,
  (call) => `<svg><foreignObject><img src=x onerror=${call}></foreignObject></svg>`,
  (call) => `<img src="x\` \`<script>${call}</script>"\` \`>`,
  (call) => `<\u0000script>${call}</script><scr\u0000ipt>${call}</scr\u0000ipt>`,
  (call) => `javascript:${call}`,
];

const BREAKS: readonly ((run: string, call: string) => string)[] = [
  (run) => run,
  (run) => `">${run}`,
  (run) => `'>${run}`,
  (run) => `</script>${run}`,
  (run) => `</style></title></textarea></option></select>${run}`,
  (run) => `-->${run}<!--`,
  (run) => `]]></text></title></desc></svg>${run}`,
  (run, call) => `" autofocus onfocus="${call}" onmouseover="${call}" x="${run}`,
  (run, call) => `' autofocus onfocus='${call}' x='${run}`,
  (run) => `\u2028*/;\n&lt;&#60;${run}&quot;&#x22;`,
];

/** Three hundred of them. */
export const PAYLOADS: readonly string[] = RUNS.flatMap((run, i) =>
  BREAKS.map((break_, j) => {
    const call = `canary(${i * BREAKS.length + j})`;
    return break_(run(call), call);
  })
);
