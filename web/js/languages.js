// The languages that files are written in, by how their names end.

import { javascript } from "@codemirror/lang-javascript";
import { python } from "@codemirror/lang-python";
import { wast } from "@codemirror/lang-wast";
import { LanguageSupport, StreamLanguage } from "@codemirror/language";
import { go } from "@codemirror/legacy-modes/mode/go";
import { toml } from "@codemirror/legacy-modes/mode/toml";

const WIT_WORDS = new Set([
  "as", "async", "constructor", "enum", "export", "flags", "from", "func", "import", "include", "interface", "package",
  "record", "resource", "static", "type", "use", "variant", "with", "world",
]);
const WIT_TYPES = new Set([
  "bool", "borrow", "char", "f32", "f64", "future", "list", "option", "own", "result", "s16", "s32", "s64", "s8", "stream",
  "string", "tuple", "u16", "u32", "u64", "u8",
]);

const wit = StreamLanguage.define({
  name: "wit",
  startState: () => ({ block: 0 }),
  token(stream, state) {
    // Comments nest.
    if (state.block > 0 || stream.match("/*", false)) {
      while (!stream.eol()) {
        if (stream.match("/*")) state.block += 1;
        else if (stream.match("*/")) { state.block -= 1; if (state.block === 0) break; }
        else stream.next();
      }
      return "comment";
    }
    if (stream.match(/^\/\/.*/)) return "comment";
    if (stream.match(/^%?[A-Za-z][A-Za-z0-9-]*/)) {
      const word = stream.current();
      if (WIT_WORDS.has(word)) return "keyword";
      return WIT_TYPES.has(word) ? "typeName" : "variableName";
    }
    if (stream.match(/^[0-9]+/)) return "number";
    if (stream.match(/^(->|[{}()<>,;:=.@/*_])/)) return "punctuation";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } }, closeBrackets: { brackets: ["(", "{", "<"] } },
});

const go_language = StreamLanguage.define(go);
const toml_language = StreamLanguage.define(toml);

const BY_ENDING = {
  __proto__: null,
  go: () => new LanguageSupport(go_language),
  js: () => javascript(),
  json: () => javascript(),
  mjs: () => javascript(),
  py: () => python(),
  pyi: () => python(),
  toml: () => new LanguageSupport(toml_language),
  wat: () => wast(),
  wit: () => new LanguageSupport(wit),
};

/** What knows the language of a file; nothing for plain text. */
export function language(path) {
  return BY_ENDING[path.slice(path.lastIndexOf(".") + 1)]?.() ?? [];
}
