// Has the service worker keep the page, reloads it once where only that gives it shared memory, and tells of a new
// version. A page that somebody works on has no version, and is never kept. Nothing here is needed: the page works
// without storage and without a service worker. It must never know what the page does.

const RELOADED = "amphi-reloaded";
const version = document.querySelector('meta[name="amphi-version"]')?.content;
const scope = new URL(".", document.baseURI).href;
const loaded = new Promise((resolve) => {
  if (document.readyState === "complete") resolve();
  else addEventListener("load", resolve, { once: true });
});

try {
  await (version ? keep() : forget());
} catch (error) {
  // Private windows, denied storage, a frame in a sandbox, plain HTTP.
  console.info("The page is not kept for the time without a network:", error);
}

async function keep() {
  // It says which version is open, for as long as it is; the worker keeps that one.
  navigator.locks?.request(`amphi ${scope} ${version}`, { mode: "shared" }, () => new Promise(() => {}));
  const workers = navigator.serviceWorker;
  // In a frame the browser would keep another copy for each site that shows it, and a reload would give it nothing.
  if (!workers || window.top !== window) return;
  workers.addEventListener("message", ({ data }) => data.version !== version && tell());
  if (self.crossOriginIsolated) {
    // Asked first of all: storage that is denied throws.
    sessionStorage.removeItem(RELOADED);
    // What is to be seen comes first.
    await loaded;
  } else if (!workers.controller) {
    workers.addEventListener("controllerchange", isolate, { once: true });
  }
  const registration = await workers.register("service.js", { updateViaCache: "none" });
  await loaded;
  (await workers.ready).active?.postMessage("keep");
  // A browser looks for a new version by itself, but some time after a load, and a page may be open for days.
  // Where there is no network there is none.
  if (workers.controller) registration.update().catch(() => {});
}

/** The worker answers from now on, with the headers that this page came without. */
function isolate() {
  // Whoever has begun to do something keeps it, and has shared memory next time. A page that came back without shared
  // memory would come back so for ever.
  if (navigator.userActivation?.hasBeenActive || sessionStorage.getItem(RELOADED)) return;
  sessionStorage.setItem(RELOADED, "1");
  location.reload();
}

/** The next load shows the new version; until then nothing changes. */
function tell() {
  if (document.querySelector(".newer")) return;
  const note = document.createElement("p");
  note.className = "newer";
  note.dataset.testid = "newer";
  note.setAttribute("role", "status");
  note.textContent = "A new version of this page is here. It comes with the next load.";
  document.body.append(note);
}

/** A page with a version was at this address before. */
async function forget() {
  const registration = await navigator.serviceWorker?.getRegistration(scope);
  if (registration?.scope !== scope) return;
  await registration.unregister();
  const ours = (name) => name === `amphi ${scope}` || name.startsWith(`amphi ${scope} `);
  for (const name of (await caches.keys()).filter(ours)) await caches.delete(name);
}
