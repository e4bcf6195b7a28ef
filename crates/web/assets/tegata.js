// The one script of the console. Every page works without it; it does three things:
// what is live is fetched again when the server says that it moved; passkeys; nothing else.

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
    if (mark !== null && mark !== event.data) refresh();
    mark = event.data;
  };
  addEventListener("pagehide", () => source.close());
}

/** A passkey: the server's options, what the browser answers, and back as the fields of a form. */
async function passkey(form) {
  const begin = await fetch(form.dataset.begin, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
  if (!begin.ok) return form.submit();
  const { publicKey } = await begin.json();
  const made = form.dataset.passkey === "make"
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  form.elements.credential.value = JSON.stringify(made.toJSON());
  form.submit();
}

const knows = "PublicKeyCredential" in window && PublicKeyCredential.parseRequestOptionsFromJSON;
for (const form of document.querySelectorAll("form[data-passkey]")) {
  // without passkeys in this browser there is no button that does nothing
  form.hidden = !knows;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const fault = form.querySelector("[role=alert]");
    passkey(form).catch(() => { if (fault) fault.hidden = false; });
  });
}
