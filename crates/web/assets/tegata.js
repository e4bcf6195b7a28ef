// The one script of the console. Every page works without it; it does three things: what is live is fetched again when
// the server says that it moved; passkeys; the area one is in comes into sight where the row of areas is cut.

document.querySelector(".areas [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** Fetches this page again and puts each part marked `data-live` in the place of the old one. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = page.getElementById(old.id);
    // whoever types in it, or opened something in it, is not disturbed
    if (!next || old.contains(document.activeElement) || old.querySelector("details[open]")) continue;
    if (old.innerHTML !== next.innerHTML) old.replaceWith(document.adoptNode(next));
  }
}

const live = document.querySelector("[data-live-source]");
if (live) {
  let mark = null;
  const source = new EventSource(live.dataset.liveSource);
  source.onmessage = (event) => {
    // also at the first one: something may have moved since the page was written
    if (mark !== event.data) refresh();
    mark = event.data;
  };
  addEventListener("pagehide", () => source.close());
}

/** A passkey: the server's options, what the browser answers, and back as the fields of a form. */
async function passkey(form, how = {}) {
  const fields = form.elements;
  const name = document.getElementById(form.dataset.name);
  if (name) {
    if (!name.reportValidity()) return;
    fields.name.value = name.value;
  }
  const begin = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
  // the answer to a form without a credential is a page that says why
  if (!begin.ok || begin.redirected) return how.mediation ? undefined : form.submit();
  const { publicKey, ticket } = await begin.json();
  const answer = form.dataset.passkey === "make"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : await navigator.credentials.get({ ...how, publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  fields.credential.value = JSON.stringify(answer.toJSON());
  fields.ticket.value = ticket;
  form.submit();
}

/** Passkeys beside the name field, where the browser offers that; begun anew before the ticket is too old. */
let offered = null;
async function offer(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  let late;
  do {
    late = false;
    offered = new AbortController();
    const mine = offered;
    const end = setTimeout(() => { late = true; mine.abort(); }, 240_000);
    await passkey(form, { mediation: "conditional", signal: mine.signal }).catch(() => {});
    clearTimeout(end);
  } while (late);
}

const knows = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);
for (const none of document.querySelectorAll("[data-no-passkey]")) none.hidden = knows;
for (const form of document.querySelectorAll("form[data-passkey]")) {
  // without passkeys in this browser there is no button that does nothing
  form.hidden = !knows;
  if (knows && "offer" in form.dataset) offer(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    offered?.abort();
    const fault = form.querySelector("[role=alert]");
    fault.hidden = true;
    passkey(form).catch(() => { fault.hidden = false; });
  });
}
