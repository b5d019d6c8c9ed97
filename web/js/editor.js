// The editor of the page, as an element: <amphi-editor>. To the page it is a text area that knows languages: `value`, the
// event `input`, and what is listed at the class. CodeMirror is behind it; nothing else on the page names it.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, StateEffect, StateField, Transaction } from "@codemirror/state";
import {
  Decoration, EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";

import { completions } from "./complete.js";
import { language } from "./languages.js";
import { look, shades } from "./look.js";

/** As many files keep what can be undone. */
const KEPT = 100;

/** The page changed the text, and need not be told. */
const BY_PAGE = Annotation.define();

/** The line that is to be seen. */
const POINTED = Decoration.line({ class: "amphi-here", attributes: { "aria-current": "true" } });
const pointing = StateEffect.define();
const pointed = StateField.define({
  create: () => Decoration.none,
  update: (lines, { changes, effects }) =>
    effects.reduce((now, effect) => (effect.is(pointing) ? effect.value : now), lines.map(changes)),
  provide: (field) => EditorView.decorations.from(field),
});

const INSIDE = new CSSStyleSheet();
INSIDE.replaceSync(":host { display: flex; min-width: 0 } .cm-editor { flex: 1; min-width: 0 }");

/**
 * | property | what it is |
 * | --- | --- |
 * | `value` | the text; `input` tells that its reader has changed it |
 * | `path` | the file that is edited: its ending is the language, and each file has its own undo history |
 * | `here` | a line that is to be seen, counted from 1, or undefined |
 * | `marks` | mistakes: `[{ line, column?, message }]`, counted from 1; without a column the whole line |
 * | `modules` | what can be imported: `[{ name, docs, members: [{ name, kind, detail, docs }] }]` |
 * | `vim` | true for Vim's keys |
 *
 * Attributes: `label` and `describedby` (a text, not an id) for screen readers, `invalid`.
 */
class Editor extends HTMLElement {
  static observedAttributes = ["label", "describedby", "invalid"];

  #view = null;
  #states = new Map();
  #path = "";
  /** The file has no text yet: the first is what it was opened with, and nothing to undo. */
  #is_new = true;
  #vim = new Compartment();
  #described = new Compartment();
  #modules = [];
  #marks = [];
  #here = undefined;
  #wantsVim = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [INSIDE];
    // Of what is typed inside, such as into the search panel, the page hears only by the element's own event.
    root.addEventListener("input", (event) => event.stopPropagation());
    this.#view = new EditorView({ root, parent: root, state: this.#fresh("") });
    // What was set before this file was there.
    for (const name of ["modules", "path", "value", "marks", "here", "vim"]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
  }

  get value() {
    return this.#view.state.doc.toString();
  }

  set value(given) {
    const text = given.replace(/\r\n?/g, "\n");
    if (this.#is_new) {
      this.#is_new = false;
      this.#show(this.#fresh(text));
      return;
    }
    const { state } = this.#view;
    if (text === this.value) return;
    // As pasting does, so that it can be undone: only what differs is replaced, and the cursor stays where it is.
    const [old, more] = [this.value, Math.min(text.length, state.doc.length)];
    let from = 0, same = 0;
    while (from < more && old[from] === text[from]) from += 1;
    while (same < more - from && old[old.length - 1 - same] === text[text.length - 1 - same]) same += 1;
    const changes = { from, to: old.length - same, insert: text.slice(from, text.length - same) };
    this.#view.dispatch({ changes, annotations: [BY_PAGE.of(true), Transaction.userEvent.of("input.paste")] });
  }

  get path() {
    return this.#path;
  }

  set path(path) {
    if (path === this.#path) return;
    const kept = this.#states.get(path);
    this.#states.delete(this.#path);
    if (!this.#is_new) this.#states.set(this.#path, { state: this.#view.state, scrolled: this.#view.scrollSnapshot() });
    if (this.#states.size > KEPT) this.#states.delete(this.#states.keys().next().value);
    this.#path = path;
    this.#is_new = kept === undefined;
    this.#show(kept?.state ?? this.#fresh(""));
    if (kept !== undefined) this.#view.dispatch({ effects: kept.scrolled });
  }

  set marks(marks) {
    this.#marks = marks ?? [];
    this.#mark();
  }

  set here(line) {
    this.#here = line ?? undefined;
    this.#point();
  }

  set modules(modules) {
    this.#modules = modules ?? [];
  }

  set vim(wanted) {
    this.#wantsVim = Boolean(wanted);
    if (!wanted) {
      this.#view.dispatch({ effects: this.#vim.reconfigure([]) });
      return;
    }
    import("@replit/codemirror-vim").then(({ vim }) => {
      if (this.#wantsVim) this.#view.dispatch({ effects: this.#vim.reconfigure(vim()) });
    });
  }

  focus() {
    this.#view.focus();
  }

  attributeChangedCallback() {
    this.#described_anew();
  }

  #described_anew() {
    const attributes = { tabindex: "0", "aria-label": this.getAttribute("label") ?? "", "aria-description": this.getAttribute("describedby") ?? "" };
    if (this.hasAttribute("invalid")) attributes["aria-invalid"] = "true";
    this.#view?.dispatch({ effects: this.#described.reconfigure(EditorView.contentAttributes.of(attributes)) });
  }

  /** Shows a file as it was left, by what is set now. */
  #show(state) {
    this.#view.setState(state);
    this.#described_anew();
    this.vim = this.#wantsVim;
    this.#mark();
    this.#point();
  }

  #fresh(text) {
    return EditorState.create({
      doc: text,
      extensions: [
        // Vim's keys come before all others.
        this.#vim.of([]),
        this.#described.of([]),
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        history(),
        drawSelection(),
        EditorState.allowMultipleSelections.of(true),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightSelectionMatches(),
        autocompletion({ icons: false, override: [completions(() => this.#modules)] }),
        language(this.#path),
        pointed,
        look,
        syntaxHighlighting(shades),
        keymap.of([
          // The page's own key, which runs the program.
          { key: "Mod-Enter", run: () => true },
          { key: "Ctrl-Enter", run: () => true },
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab,
        ]),
        // However Escape was used, the next Tab is the browser's.
        EditorView.domEventObservers({ keyup: (event, view) => { if (event.key === "Escape") view.setTabFocusMode(Infinity); } }),
        // Files that are dropped are the page's.
        EditorView.domEventHandlers({ drop: (event) => (event.dataTransfer?.files.length ?? 0) > 0 }),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged || update.transactions.every((each) => each.annotation(BY_PAGE))) return;
          this.dispatchEvent(new Event("input", { bubbles: true, composed: true }));
        }),
      ],
    });
  }

  /** Marks the line that is to be seen, and brings it into sight. */
  #point() {
    const { state } = this.#view;
    if (this.#here === undefined || this.#here > state.doc.lines) {
      this.#view.dispatch({ effects: pointing.of(Decoration.none) });
      return;
    }
    const { from } = state.doc.line(Math.max(this.#here, 1));
    const effects = [pointing.of(Decoration.set([POINTED.range(from)])), EditorView.scrollIntoView(from, { y: "center" })];
    this.#view.dispatch({ effects });
  }

  #mark() {
    const { state } = this.#view;
    const of = ({ line, column, message }) => {
      const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
      const indent = at.text.length - at.text.trimStart().length;
      // Columns count characters, not what JavaScript counts.
      const before = column === undefined ? indent : [...at.text].slice(0, column - 1).join("").length;
      const from = Math.min(at.from + before, at.to);
      const word = state.wordAt(from);
      const end = word !== null && word.to > from ? word.to : Math.min(from + 1, at.to);
      return { from, to: column === undefined ? at.to : end, severity: "error", message };
    };
    this.#view.dispatch(setDiagnostics(state, this.#marks.map(of)));
  }
}

customElements.define("amphi-editor", Editor);
