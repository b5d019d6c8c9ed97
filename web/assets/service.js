// The service worker: it keeps the page, whole, for the time without a network, and adds the headers that a server may
// not send. `cargo xtask dist` writes the line before this one, `BUILD`: what this version of the page is called, its
// files with hashes of their contents in their names, and the headers. It must never know what the page does.
//
// Two versions never meet in one page, because a page names its files by their contents. So any version of this worker
// serves any version of the page, and a new one never takes another's place while a page is open: what it does when it
// is installed is to fetch its version, and to leave it where the next visit finds it.

const SCOPE = self.registration.scope;
/** The cache with the page that the next visit shows. */
const SHOWN = `amphi ${SCOPE}`;
/** What the caches with a version's files begin with. A page holds a lock of the name of its own while it is open. */
const CACHES = `${SHOWN} `;
const CACHE = CACHES + BUILD.version;
/** The lock of a version that is on its way has this after its name. */
const ARRIVES = " arrives";
/** The header by which the page that is kept knows its version. */
const VERSION = "amphi-version";

const FILES = new Set(BUILD.files.map((name) => SCOPE + name));
const OF_SOME_VERSION = /-[0-9a-f]{16}\.[a-z0-9]+$/;
/** Where people work on the page the server has the last word; elsewhere a visit need not wait for it. */
const IS_LOOPBACK = ["localhost", "127.0.0.1", "[::1]"].includes(self.location.hostname);

/** Files on their way into the cache: nobody fetches them a second time. */
const arriving = new Map();

self.addEventListener("install", (event) => {
  // Who has a version goes on with it until the next is here, whole. Who has none should not wait: the headers are of
  // use at once, and the files are kept as they come.
  if (self.registration.active) event.waitUntil(keep().catch(unlessFull));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  if (event.data === "keep") event.waitUntil(keepFirst().catch(unlessFull).then(clean));
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET" || !url.startsWith(SCOPE)) return;
  const name = url.slice(SCOPE.length).replace(/[?#].*/s, "");
  if (mode === "navigate") {
    if (name === "" || name === "index.html") event.respondWith(page(event.request));
  } else if (OF_SOME_VERSION.test(name)) {
    event.respondWith(file(event, SCOPE + name));
  }
});

/** The page that is kept; on loopback only where no server answers. */
async function page(request) {
  const kept = await shown().catch(() => undefined);
  if (kept && !IS_LOOPBACK) return kept;
  try {
    const response = await fetch(request);
    // A page that somebody works on has no version, and is none of this worker's.
    const ours = response.ok && (await response.clone().text()).includes('<meta name="amphi-version"');
    return ours ? withHeaders(SCOPE, response) : response;
  } catch (error) {
    if (kept) return kept;
    throw error;
  }
}

/** A file of this version or of another. */
async function file(event, url) {
  await arriving.get(url);
  const kept = await caches.match(url).catch(() => undefined);
  return kept ?? (await bring(event, url));
}

/** A file from the network, which is kept on its way. */
async function bring(event, url) {
  // By its address and not by the request, which ends with the page that made it.
  const response = withHeaders(url, await fetch(url));
  if (!FILES.has(url) || !isFile(response)) return response;
  const copy = response.clone();
  const stored = caches.open(CACHE).then((cache) => cache.put(url, copy));
  // Without storage the page is there all the same; whoever wants it whole looks into the cache.
  const settled = stored.catch(() => {}).finally(() => arriving.delete(url));
  arriving.set(url, settled);
  event.waitUntil(settled);
  return response;
}

/** Keeps this version where none is kept. A worker that has been here for long may find that a newer one did so. */
async function keepFirst() {
  if (!(await shown())) await keep();
}

/** Keeps this version, and then has the next visit show it. */
async function keep() {
  // While it is on its way nobody takes it for an old one.
  await navigator.locks.request(CACHE + ARRIVES, async () => {
    const cache = await caches.open(CACHE);
    for (const url of FILES) {
      await arriving.get(url);
      if (await cache.match(url)) continue;
      // What has the same name in another version is the same.
      const response = (await caches.match(url)) ?? withHeaders(url, await fetch(url, { priority: "low" }));
      if (!isFile(response)) throw new Error(`${url}: ${response.status} ${response.statusText}`);
      await cache.put(url, response);
    }
    const response = withHeaders(SCOPE, await fetch(SCOPE, { cache: "no-cache" }));
    if (!(await response.clone().text()).includes(`<meta name="amphi-version" content="${BUILD.version}">`)) {
      throw new Error(`The server has another version of the page than ${BUILD.version}.`);
    }
    response.headers.set(VERSION, BUILD.version);
    await (await caches.open(SHOWN)).put(SCOPE, response);
  });
  for (const page of await pages()) page.postMessage({ version: BUILD.version });
}

/** Where there is no room for a version, or no storage at all, the page comes from the network. */
function unlessFull(error) {
  if (!["QuotaExceededError", "SecurityError"].includes(error.name)) throw error;
}

/** Deletes the versions that are not shown any more and of which no page is open. */
async function clean() {
  // In this order: a version that arrives has its lock before its cache, and is shown before it gives the lock back.
  const caught = (await caches.keys()).filter((name) => name.startsWith(CACHES));
  const locks = (await navigator.locks.query()).held.map((lock) => lock.name).filter((name) => name.startsWith(CACHES));
  const now = (await shown())?.headers.get(VERSION);
  const open = locks.filter((name) => !name.endsWith(ARRIVES));
  // A page that holds no lock is only just loading, and may be of any version.
  if (!now || open.length < (await pages()).length) return;
  const kept = new Set([CACHES + now, ...open, ...locks.map((name) => name.replace(ARRIVES, ""))]);
  for (const name of caught) if (!kept.has(name)) await caches.delete(name);
}

async function shown() {
  return (await caches.open(SHOWN)).match(SCOPE);
}

async function pages() {
  const windows = await self.clients.matchAll({ includeUncontrolled: true });
  return windows.filter((page) => page.url.startsWith(SCOPE));
}

/** Some servers answer with a page for every name that they don't know. */
function isFile(response) {
  return response.status === 200 && !response.headers.get("content-type")?.startsWith("text/html");
}

function withHeaders(url, response) {
  // A redirection is the browser's to follow, and lets nobody look inside.
  if (response.type === "opaqueredirect") return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(BUILD.headers)) headers.set(name, value);
  if (url === SCOPE + BUILD.worker) headers.set("content-security-policy", BUILD.workerPolicy);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
