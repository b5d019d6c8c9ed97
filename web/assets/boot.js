// What a first visit waits for begins here, before the page's own code is there: python.wasm is compiled while it
// arrives, its library is fetched, and one worker starts. The page takes them over by the name `amphiBoot`.
// Whoever takes a promise over handles its failure; until then it is not an unhandled one.
{
  const python = (name) => fetch(new URL(`python/${name}`, document.baseURI));
  const good = (response) => {
    if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
    return response;
  };
  const boot = {
    began: performance.now(),
    module: WebAssembly.compileStreaming(python("python.wasm").then(good)),
    library: python("python313.zip").then(good).then((response) => response.arrayBuffer()),
    about: python("python.json").then(good).then((response) => response.text()),
    worker: new Worker(new URL("worker.js", document.baseURI), { type: "module" }),
    // What the worker says before the page listens: only ever that it failed.
    early: [],
  };
  boot.worker.onmessage = boot.worker.onerror = (event) => boot.early.push(event);
  for (const promise of [boot.module, boot.library, boot.about]) promise.catch(() => {});
  globalThis.amphiBoot = boot;
}
