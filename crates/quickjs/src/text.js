// The two classes of UTF-8 as browsers have them, over two functions of Rust.
(encode, decode) => {
  const shaped = (text) => String(text).toWellFormed();
  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return encode(shaped(text));
    }
  }
  class TextDecoder {
    #bom;
    #fatal;
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(utf-?8|unicode-1-1-utf-8)\s*$/i.test(label)) throw new RangeError(`unknown encoding: ${label}`);
      [this.#fatal, this.#bom] = [fatal, ignoreBOM];
    }
    get encoding() {
      return "utf-8";
    }
    decode(given = new Uint8Array()) {
      const bytes = ArrayBuffer.isView(given)
        ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
        : new Uint8Array(given);
      const text = decode(bytes);
      if (this.#fatal && text.includes("\ufffd") && encode(text).some((byte, at) => byte !== bytes[at])) {
        throw new TypeError("the bytes are no UTF-8");
      }
      return !this.#bom && text.startsWith("\ufeff") ? text.slice(1) : text;
    }
  }
  return { TextEncoder, TextDecoder };
}
