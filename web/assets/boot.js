// What a first visit waits for begins here, before the page's own code is there: the first worker, which fetches and
// compiles python.wasm by itself. The page takes it over by the name `amphiBoot`.
{
  // The files that the page asks for by itself, under the name `amphiFiles`. They are named here and nowhere in its
  // wasm, because on a server their names have hashes in them.
  const files = { worker: "worker.js", library: "python/python313.zip", about: "python/python.json" };
  const worker = new Worker(new URL(files.worker, document.baseURI), { type: "module", name: "loads-python" });
  // What the worker says before the page listens: that Python is compiled, or that something failed.
  const early = [];
  worker.onmessage = worker.onerror = (event) => early.push(event);
  globalThis.amphiBoot = { worker, early };
  globalThis.amphiFiles = files;
}
