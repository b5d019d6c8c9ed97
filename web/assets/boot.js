// What a first visit waits for begins here, before the page's own code is there: the first worker, which fetches and
// compiles python.wasm by itself. The page takes it over by the name `amphiBoot`.
{
  const worker = new Worker(new URL("worker.js", document.baseURI), { type: "module", name: "loads-python" });
  // What the worker says before the page listens: that Python is compiled, or that something failed.
  const early = [];
  worker.onmessage = worker.onerror = (event) => early.push(event);
  globalThis.amphiBoot = { worker, early };
}
