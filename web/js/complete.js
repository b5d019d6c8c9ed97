// What can be written next: in Python host modules, from their declarations, else what the language knows by itself.

import { completeFromList } from "@codemirror/autocomplete";
import { pythonLanguage } from "@codemirror/lang-python";
import { syntaxTree } from "@codemirror/language";

import { AMPHI, STANDARD } from "./standard.js";

/** Where nothing is to be completed. */
const QUIET = /String|Comment/;

/** A source of completions; `modules` gives what can be imported. */
export function completions(modules) {
  return (context) => {
    if (QUIET.test(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return null;
    const in_python = pythonLanguage.isActiveAt(context.state, context.pos);
    return (in_python ? imported(context, modules()) ?? members(context, modules()) : null) ?? language(context);
  };
}

/** What the language of the text knows. */
async function language(context) {
  const sources = context.state.languageDataAt("autocomplete", context.pos);
  const ask = (source) => (typeof source === "function" ? source : completeFromList(source))(context);
  const found = (await Promise.all(sources.map(ask))).filter(Boolean);
  if (found.length === 0) return null;
  const [{ from }, known] = [found[0], new Set()];
  const options = found.filter((each) => each.from === from).flatMap((each) => each.options);
  return { from, options: options.filter(({ label }) => !known.has(label) && known.add(label)), validFor: /^\w*$/ };
}

/** After `import ` and `from `: what there is. */
function imported(context, modules) {
  const line = context.matchBefore(/(?:^|\n)\s*(?:import\s+(?:\w+\s*,\s*)*|from\s+)\w*/);
  if (line === null) return null;
  const word = context.matchBefore(/\w*/);
  const hosts = modules.map(({ name, docs }) => ({ label: name, type: "namespace", detail: "host module", info: docs || undefined, boost: 1 }));
  const others = [AMPHI.name, ...STANDARD].filter((name) => modules.every((module) => module.name !== name));
  return { from: word.from, options: [...hosts, ...others.map((label) => ({ label, type: "namespace" }))], validFor: /^\w*$/ };
}

/** After `demo.`, and after `from demo import `: the functions and types of that module. */
function members(context, modules) {
  const dotted = context.matchBefore(/(?<![\w.])(\w+)\.\w*/) ?? context.matchBefore(/from\s+\w+\s+import\s+(?:\w+\s*,\s*)*\w*/);
  if (dotted === null) return null;
  const called = /^from\s+(\w+)/.exec(dotted.text)?.[1] ?? dotted.text.split(".")[0];
  const module = [...modules, AMPHI].find(({ name }) => name === called);
  if (module === undefined) return null;
  const word = context.matchBefore(/\w*/);
  const option = ({ name, kind, detail, docs }) => ({ label: name, type: kind, detail, info: docs || undefined });
  return { from: word.from, options: module.members.map(option), validFor: /^\w*$/ };
}
