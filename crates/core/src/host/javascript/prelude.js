// What host functions in JavaScript need in JavaScript itself, the same in every engine: what kind a value is, who holds
// what, timers, the console. It keeps its own names of built-ins, so that a host module that changes them changes nothing
// here. It knows no declaration and no engine: those are in Rust, which calls what is exported.

const { apply, construct } = Reflect;
const { keys } = Object;
const { isArray, from } = Array;
const { asIntN, asUintN } = BigInt;
const { isView } = ArrayBuffer;
const { stringify } = JSON;
const Big = BigInt, Bytes = Uint8Array, Buffer_ = ArrayBuffer, Failure = Error, Later = Promise, Text = String;
const { defineProperty } = Object;
const bound = (method) => Function.prototype.call.bind(method);
const tagOf = bound(Object.prototype.toString);
const hex = bound(BigInt.prototype.toString), source = bound(Function.prototype.toString);
const tag = (value) => tagOf(value).slice(8, -1);

// Some engines keep only the ten uppermost frames of a stack, which are their own where Python was called.
if ("stackTraceLimit" in Error) {
  Error.stackTraceLimit = 64;
}

// A function made of text would find the engine's own names around it. Nobody here makes any.
delete globalThis.eval;
for (const kind of [function () {}, async function () {}, function* () {}, async function* () {}]) {
  const refuse = function Function() {
    throw new EvalError("host modules cannot make functions of text");
  };
  defineProperty(Object.getPrototypeOf(kind), "constructor", { value: refuse });
}

/** Of a thing of Python that is here, its number in the table of Rust. */
const numbers = new WeakMap();
/** Things of JavaScript that Python holds, and places that are free again. */
const held = [], free = [];
/** Timers in the order they are due. */
let timers = [];
let lastTimer = 0;
/**
 * What Rust gives: `call(number, args)`, `drop(number)`, `print(text)`, `now()` in milliseconds; `timer(ms)` asks to fire;
 * `stack(text)`, where there is one, gives a stack's sources their names.
 */
let host = null;
const collected = new FinalizationRegistry((number) => host.drop(number));

export function attach(functions) {
  host = functions;
}

/** What a value is, in a word; a word with a capital letter is none that crosses. */
export function kind(value) {
  switch (typeof value) {
    case "undefined": return "nothing";
    case "boolean": return "bool";
    case "number": return "number";
    case "bigint": return "big";
    case "string": return "text";
    case "symbol": return "Symbol";
  }
  if (value === null) return "nothing";
  if (numbers.has(value)) return "python";
  if (typeof value === "function") return "function";
  if (isArray(value)) return "list";
  if (value instanceof Bytes || value instanceof Buffer_) return "bytes";
  if (isView(value) && !(value instanceof DataView)) return "list";
  if (value instanceof Failure) return "error";
  if (typeof value.then === "function") return "promise";
  const name = tag(value);
  return name === "Object" ? "object" : name;
}

/** What it is, for a person. */
export function name(value) {
  return value?.constructor?.name || tag(value);
}

/** An integer's two's complement in so many bits, as hexadecimal digits; the bits are enough. */
export function digits(value) {
  const bits = (hex(value, 16).length + 1) * 4;
  return hex(asUintN(bits, value), 16).padStart(bits / 4, "0");
}

export function integer(digits) {
  return asIntN(digits.length * 4, Big("0x" + digits));
}

export function bytes(value) {
  return value instanceof Bytes ? value : new Bytes(value);
}

/** A string with U+FFFD for each half of a pair that is alone. */
export function whole(text) {
  return text.toWellFormed();
}

/** An array of the same items. */
export function list(value) {
  return isArray(value) ? value : from(value);
}

/** Names and values of an object's own properties, one after the other. */
export function pairs(object) {
  return keys(object).flatMap((name) => [name, object[name]]);
}

/** The names of the properties that are an object's own. */
export function fields(object) {
  return keys(object);
}

export function object(pairs) {
  const made = {};
  for (let at = 0; at < pairs.length; at += 2) {
    // A field named __proto__ is a field.
    defineProperty(made, pairs[at], { value: pairs[at + 1], writable: true, enumerable: true, configurable: true });
  }
  return made;
}

// What is below these in a stack is not the host module's, so they stay in it.
export function call(callee, self, args) {
  const given = apply(callee, self, args);
  return given;
}

export function make(callee, args) {
  const made = construct(callee, args);
  return made;
}

export function is(value, callee) {
  return typeof callee === "function" && value instanceof callee;
}

/** A promise for what may be one only in behaviour. */
export function promise(value) {
  return Later.resolve(value);
}

/** A function's text and how many arguments it needs; -1 for what must be made with `new`. */
export function declared(callee) {
  const text = source(callee);
  return [text, text.startsWith("class") ? -1 : callee.length];
}

/** A thrown error: name, message, stack and cause. */
export function told(error) {
  const stack = Text(error.stack ?? "");
  return [Text(error.name ?? "Error"), Text(error.message ?? ""), host.stack?.(stack) ?? stack, error.cause];
}

/** A function that calls the thing of that number, which is held while the function is. */
export function python(number) {
  // Stacks have its name, also where an engine leaves out what ends in a call.
  return remember(function callable(...args) {
    const given = host.call(number, args);
    return given;
  }, number);
}

/** What a call of Python's raised, as an error; what it carries is its payload. */
export function raised(number, name, message, payload) {
  const error = new Failure(message);
  defineProperty(error, "name", { value: name, writable: true, configurable: true });
  if (payload !== undefined) {
    defineProperty(error, "payload", { value: payload, writable: true, configurable: true });
  }
  return remember(error, number);
}

function remember(thing, number) {
  numbers.set(thing, number);
  collected.register(thing, number);
  return thing;
}

export function number(thing) {
  return numbers.get(thing) ?? -1;
}

export function hold(thing) {
  const at = free.length > 0 ? free.pop() : held.length;
  held[at] = thing;
  return at;
}

export function holding(at) {
  return held[at];
}

export function release(at) {
  held[at] = undefined;
  free.push(at);
}

export function setTimeout(callback, ms = 0, ...args) {
  if (typeof callback !== "function") throw new TypeError("setTimeout needs a function");
  const due = host.now() + Math.max(0, Number(ms) || 0);
  const at = timers.findIndex((other) => other.due > due);
  lastTimer += 1;
  timers.splice(at < 0 ? timers.length : at, 0, { due, id: lastTimer, callback, args });
  // An engine without an event loop looks for itself when the next one is due.
  host.timer?.(due - host.now());
  return lastTimer;
}

export function clearTimeout(id) {
  timers = timers.filter((timer) => timer.id !== id);
}

/** Milliseconds until a timer is due; -1 if there is none. */
export function wait() {
  return timers.length === 0 ? -1 : Math.max(0, timers[0].due - host.now());
}

/** Calls what the first timer is for. */
export function fire() {
  const { callback, args } = timers.shift();
  apply(callback, undefined, args);
}

function shown(value, depth) {
  switch (kind(value)) {
    case "nothing": case "bool": case "number": return Text(value);
    case "big": return `${value}n`;
    case "text": return stringify(value);
    case "error": return `${value.name}: ${value.message}`;
    case "python": return value instanceof Failure ? `${value.name}: ${value.message}` : "[Python]";
    case "function": return `[Function: ${value.name || "(anonymous)"}]`;
    case "bytes": case "list": {
      if (depth > 3) return "[…]";
      const items = from(list(kind(value) === "bytes" ? bytes(value) : value));
      const few = items.slice(0, 100).map((item) => shown(item, depth + 1));
      if (items.length > few.length) few.push("…");
      return `[${few.join(", ")}]`;
    }
    case "object": {
      if (depth > 3) return "{…}";
      return `{${keys(value).map((key) => `${key}: ${shown(value[key], depth + 1)}`).join(", ")}}`;
    }
    default: return `[${name(value)}]`;
  }
}

function log(...values) {
  host.print(values.map((value) => (typeof value === "string" ? value : shown(value, 0))).join(" ") + "\n");
}

export const console = { log, info: log, debug: log, warn: log, error: log };
