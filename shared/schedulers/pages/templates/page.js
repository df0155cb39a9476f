// Keeps a page with data-refresh="SECONDS" fresh, unless somebody is about to use it. Without this, people reload.
const seconds = document.querySelector("main").dataset.refresh;

async function refresh() {
  const main = document.querySelector("main");
  if (document.hidden || main.contains(document.activeElement) && document.activeElement !== main) return;
  if (main.querySelector("details[open]") || String(getSelection())) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  main.replaceWith(fresh.querySelector("main"));
  document.title = fresh.title;
}

if (seconds) setInterval(refresh, seconds * 1000);
