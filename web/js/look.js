// How editors look: the page's own colours, which follow light and dark by themselves.

import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export const look = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--code-ground)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  // Above the gutter, which would cover a side of the outline.
  "&.cm-focused::after":
    { content: '""', position: "absolute", inset: "0", border: "2px solid var(--focus)", pointerEvents: "none", zIndex: "250" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "0.5rem 0", caretColor: "var(--ink)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection":
    { backgroundColor: "var(--selected)" },
  ".cm-gutters": { backgroundColor: "var(--code-ground)", color: "var(--ink-soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--line-here)" },
  ".cm-line.amphi-here": { backgroundColor: "var(--selected)", boxShadow: "inset 3px 0 0 var(--accent)" },
  "&.cm-focused .cm-matchingBracket, .cm-selectionMatch": { backgroundColor: "var(--alike)" },
  ".cm-tooltip, .cm-panels": { color: "var(--ink)", backgroundColor: "var(--paper)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "var(--on-accent)", backgroundColor: "var(--accent)" },
  ".cm-completionDetail": { fontStyle: "normal", color: "inherit", opacity: 0.85 },
  ".cm-completionInfo": { whiteSpace: "pre-wrap", fontFamily: "var(--sans)", maxWidth: "26rem" },
  ".cm-panels button, .cm-panels input": { font: "inherit", color: "inherit", backgroundColor: "var(--code-ground)", backgroundImage: "none" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": { color: "var(--ink)", backgroundColor: "var(--selected)" },
  ".cm-searchMatch, .cm-lintRange-active": { backgroundColor: "var(--alike)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--selected)" },
  // Vim's cursor takes the colours of its letter from the text.
  ".cm-fat-cursor": { background: "var(--ink) !important", color: "var(--code-ground) !important" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)", whiteSpace: "pre-wrap", fontFamily: "var(--mono)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "0.2em" },
});

export const shades = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier, tags.controlKeyword], color: "var(--shade-word)" },
  { tag: [tags.string, tags.special(tags.string), tags.regexp, tags.character], color: "var(--shade-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--shade-number)" },
  { tag: [tags.comment, tags.lineComment, tags.blockComment, tags.docComment], color: "var(--ink-soft)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.function(tags.propertyName)], color: "var(--shade-function)" },
  { tag: [tags.className, tags.typeName, tags.namespace, tags.definition(tags.typeName)], color: "var(--shade-type)" },
  { tag: [tags.meta, tags.annotation, tags.heading, tags.tagName], color: "var(--shade-function)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);
