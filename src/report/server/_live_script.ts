/**
 * What keeps a page up to date while something goes on: the parts that name a stream are fetched again when it
 * says that they changed, and put in place of what was there, unless somebody is filling in a form
 * there. The server alone makes markup.
 *
 * @module
 */

export const LIVE_SCRIPT = `
const parts = [...document.querySelectorAll("[data-live]")];
let refreshing = false, again = false;

function writing() {
  const at = document.activeElement;
  return at !== null && at.matches("input, select") && parts.some((part) => part.contains(at));
}

async function refresh() {
  if (refreshing || writing()) return void (again = true);
  refreshing = true;
  const began = performance.now();
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of parts) replace(part, fresh.getElementById(part.id));
  } finally {
    const pause = Math.max(300, 4 * (performance.now() - began));
    setTimeout(() => {
      refreshing = false;
      if (again) { again = false; refresh(); }
    }, pause);
  }
}

function replace(part, fresh) {
  if (fresh === null) return;
  const held = part.contains(document.activeElement) ? document.activeElement : null;
  const open = new Set([...part.querySelectorAll("details[open][id]")].map((each) => each.id));
  part.replaceChildren(...document.adoptNode(fresh).childNodes);
  part.dataset.live = fresh.dataset.live ?? "";
  for (const each of part.querySelectorAll("details[id]")) if (open.has(each.id)) each.open = true;
  if (held !== null) {
    const alike = held.id !== ""
      ? document.getElementById(held.id)
      : [...part.querySelectorAll(held.tagName)].find((each) => each.getAttribute("href") === held.getAttribute("href"));
    (alike ?? part).focus({ preventScroll: true });
  }
}

function follow(part) {
  let source;
  const stop = () => { source?.close(); source = undefined; };
  const start = () => {
    if (source !== undefined || !part.dataset.live || document.hidden) return;
    source = new EventSource(part.dataset.live);
    source.addEventListener("change", refresh);
    source.addEventListener("end", () => { stop(); part.dataset.live = ""; refresh(); });
  };
  document.addEventListener("visibilitychange", () => document.hidden ? stop() : start());
  addEventListener("pagehide", stop);
  addEventListener("pageshow", start);
  start();
}

document.addEventListener("focusout", () => setTimeout(() => {
  if (again && !refreshing) { again = false; refresh(); }
}));
for (const part of parts) follow(part);
`;
