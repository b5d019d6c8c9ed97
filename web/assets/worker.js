// Starts the worker's wasm. Messages that come before it is there are kept, in order.
const early = [];
self.onmessage = (event) => early.push(event.data);
try {
  // Fetched beside the JavaScript that binds it, not after it.
  const shim = WebAssembly.compileStreaming(fetch(new URL("amphi-worker_bg.wasm", import.meta.url)));
  const { default: init, receive } = await import("./amphi-worker.js");
  await init({ module_or_path: shim });
  self.onmessage = (event) => receive(event.data);
  for (const message of early) receive(message);
} catch (error) {
  self.postMessage(["failed", `The worker could not start: ${error}. Reload the page.`]);
}
