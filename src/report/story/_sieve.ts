/** The script of a page without a server: it shows the events that fit what is chosen. Text of ours, the same in each file. @module */

export const SIEVE = `
const form = document.getElementById("sieve");
const shown = document.getElementById("events-shown");
const said = shown.textContent;
const events = [...document.querySelectorAll(".event")];
const levels = ["debug", "info", "warn", "error"];
const texts = new Map();
function textOf(event) {
  if (!texts.has(event)) texts.set(event, event.textContent.toLowerCase());
  return texts.get(event);
}
function sift() {
  const least = levels.indexOf(form.elements.level.value);
  const wanted = form.elements.text.value.toLowerCase();
  let fitting = 0;
  for (const event of events) {
    const level = levels.findIndex((name) => event.classList.contains(name));
    const fits = level >= least && (wanted === "" || textOf(event).includes(wanted));
    event.hidden = !fits;
    if (fits) fitting++;
  }
  shown.textContent = fitting === events.length ? said : fitting + " of these " + events.length + " events";
}
form.hidden = false;
form.addEventListener("input", sift);
form.addEventListener("submit", (event) => event.preventDefault());
`;
