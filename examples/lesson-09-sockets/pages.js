// What the guest can reach, and all of it. A host with a network would ask the network here.

const pages = {
  "https://example.org/": "<html><title>Example Domain</title><p>For use in examples.</html>",
};

export function get(url) {
  if (!Object.hasOwn(pages, url)) throw new Error(`${url.split("/")[2]} is not to be reached`);
  return pages[url];
}
