// Starts the worker's wasm. Messages that come before it is there are kept, in order.
const early = [];
self.onmessage = (event) => early.push(event.data);
const get = async (name) => {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`);
  return response;
};
try {
  // One worker compiles Python, while it arrives, and the page hands it on to the others.
  const python = self.name === "loads-python" ? WebAssembly.compileStreaming(get("python/python.wasm")) : undefined;
  // A failure is told by whoever waits for it; until then it is not an unhandled one.
  python?.catch(() => {});
  // Fetched beside the JavaScript that binds it, not after it.
  const shim = WebAssembly.compileStreaming(get("amphi-worker_bg.wasm"));
  const { default: init, receive, loads_python } = await import("./amphi-worker.js");
  await init({ module_or_path: shim });
  if (python) loads_python(python);
  self.onmessage = (event) => receive(event.data);
  for (const message of early) receive(message);
} catch (error) {
  self.postMessage(["failed", `The worker could not start: ${error}. Reload the page.`]);
}
