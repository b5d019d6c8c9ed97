// <amphi-playground>: a program in any page, in a frame that shows a hosted playground. It knows the playground's address
// and what to open there; it must never know what the playground does.

const STYLE = `
  :host { display: block; height: 30rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; width: 100%; height: 100%; border: 0; }
  p { margin: 0; font: inherit; }
`;

/**
 * What the frame may do: run, as its own origin, since workers and storage need one; save a file, open a link. It may
 * not take this page elsewhere.
 */
const MAY = "allow-scripts allow-same-origin allow-downloads allow-forms allow-modals allow-popups allow-popups-to-escape-sandbox";

/** In a page that is isolated from other origins the frame may share memory too; elsewhere the browser ignores that. */
const GRANTED = "cross-origin-isolated; clipboard-write";

/**
 * Where the frame leads, or in words why nowhere.
 *
 * @param {{ src: string | null, link: string | null, example: string | null }} wanted
 * @param {string} base The address of the page that shows it.
 * @returns {{ address: string } | { problem: string }}
 */
export function addressOf({ src, link, example }, base) {
  if (!src) return { problem: "<amphi-playground> needs src, the address of a folder made by `cargo xtask dist`." };
  if (!URL.canParse(src, base)) return { problem: `<amphi-playground>: src is no address: ${src}` };
  const address = new URL(src, base);
  if (!/^https?:$/.test(address.protocol)) return { problem: `<amphi-playground>: src is no http address: ${src}` };
  // The folder's own address: without the slash, it would be a file beside it.
  if (!/(\/|\.html)$/.test(address.pathname)) address.pathname += "/";
  if (example) address.searchParams.set("example", example);
  // A link that was copied from a playground, or only what is behind its #.
  if (link) address.hash = link.includes("#") ? link.slice(link.indexOf("#")) : link;
  return { address: address.href };
}

/** The element; its attributes are explained in the package's README. */
export class AmphiPlayground extends HTMLElement {
  static observedAttributes = ["src", "link", "example", "title", "height", "loading"];

  #root = this.attachShadow({ mode: "open" });
  /** @type {HTMLIFrameElement | undefined} */
  #frame;
  #due = false;

  constructor() {
    super();
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [style];
  }

  connectedCallback() {
    this.#show();
  }

  attributeChangedCallback() {
    // Several attributes that change together are one change.
    if (this.#due || !this.isConnected) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#show();
    });
  }

  #show() {
    const attribute = (/** @type {string} */ name) => this.getAttribute(name);
    const wanted = { src: attribute("src"), link: attribute("link"), example: attribute("example") };
    const found = addressOf(wanted, this.baseURI);
    const height = attribute("height") ?? "";
    this.style.height = /^\d+$/.test(height) ? `${height}px` : height;
    if ("problem" in found) return this.#say(found.problem);
    const frame = this.#frame ?? document.createElement("iframe");
    frame.title = attribute("title") ?? "Python playground";
    frame.loading = attribute("loading") === "eager" ? "eager" : "lazy";
    frame.allow = GRANTED;
    frame.setAttribute("sandbox", MAY);
    // Only when it is another: the frame would load anew, and what was written in it be gone.
    if (frame.src !== found.address) frame.src = found.address;
    if (this.#frame !== frame) this.#root.replaceChildren((this.#frame = frame));
  }

  /** @param {string} problem */
  #say(problem) {
    const text = document.createElement("p");
    text.setAttribute("role", "alert");
    text.textContent = problem;
    this.#frame = undefined;
    this.#root.replaceChildren(text);
  }
}

for (const name of ["src", "link", "example", "height", "loading"]) {
  Object.defineProperty(AmphiPlayground.prototype, name, {
    get() { return this.getAttribute(name) ?? ""; },
    set(value) { this.setAttribute(name, value); },
    configurable: true,
    enumerable: true,
  });
}

customElements.define("amphi-playground", AmphiPlayground);
