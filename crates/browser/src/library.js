// Fetches the standard library. It knows only where that is.

/** The standard library's zip, now: nothing else happens in this worker until it is there. */
export function fetch_library() {
  const request = new XMLHttpRequest();
  // A guest cannot be suspended wherever it opens a file: of all that browsers offer, only this waits without that.
  request.open("GET", new URL("python/python313.zip", self.location), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${request.responseURL}: ${request.status} ${request.statusText}`);
  return new Uint8Array(request.response);
}
