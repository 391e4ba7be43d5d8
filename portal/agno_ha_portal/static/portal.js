// What a page does beyond plain HTML: follow a running operation, and lead to what is wrong in a form.
"use strict";

function follow(log) {
  const announce = document.getElementById("announce");
  // The browser itself reconnects, and sends the last id as Last-Event-ID.
  const source = new EventSource(log.dataset.live);
  const rows = log.firstElementChild;
  const append = (event) => {
    const seen = Number(rows.lastElementChild?.dataset.sequence ?? 0);
    if (Number(event.lastEventId) <= seen) return;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    rows.insertAdjacentHTML("beforeend", event.data); // made and escaped by the portal's own templates
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  for (const type of ["step", "diagnostic", "finding", "progress", "outputs"]) source.addEventListener(type, append);
  source.addEventListener("end", async (event) => {
    source.close();
    delete log.dataset.live;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const summary = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("summary");
    if (answer.ok && summary) document.getElementById("summary").replaceWith(summary);
    announce.textContent = event.data;
  });
}

for (const log of document.querySelectorAll("[data-live]")) follow(log);

for (const link of document.querySelectorAll("#errors a")) {
  link.addEventListener("click", () => {
    const field = document.getElementById(link.hash.slice(1));
    for (let at = field.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    field.focus();
  });
}
document.querySelector("[data-focus]")?.focus();

// A form is sent once; the keys in it make a second sending harmless all the same.
document.addEventListener("submit", (event) => {
  for (const button of event.target.querySelectorAll("button")) button.disabled = true;
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
