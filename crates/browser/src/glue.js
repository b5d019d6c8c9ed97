// The worker's JavaScript: the guests, their import object, and the three ways to wait.
// It knows no WASI and no host function: names come from the shim's own exports (`wasi_*`, `host_*`), decisions from Rust.

import { READ, WRITE, attach_memory, guest_memory, look_at, views } from "./memory.js";

/** What a call of the shim answers when it cannot finish yet. No errno and no other answer has this value. */
const WAIT = -0x7fffffff;
/** Thrown to unwind the guest when Rust has decided that the run is over. */
const STOP = Symbol("amphi: the run is over");
/** How long a guest may run before a poll for an interrupt lets messages in, in milliseconds (JSPI only). */
const TURN_MS = 30;

const PREFIXES = [["wasi_", "wasi_snapshot_preview1"], ["host_", "amphi:host@1"]];

let shim = null;
/** The guests of a run, the program's own first; those of host modules follow. */
let guests = [];
/** The one whose turn it is: its exports, and its memory as `memory.js` has it. */
let guest = null;
/** Functions of JavaScript that the program's guest calls straight, by its number for each; see `flat.js`. */
let straight = [];
/** Not 0 while host modules wait to take the places of others. */
let letter = new Int32Array(1);
/** The exports of host modules that Rust asked for, by the number it got. */
let exportsOfHosts = [];
let wake = () => {};
let turnBegan = 0;

/** Takes the shim's raw exports. Called once, before anything else here. */
export function attach(exports) {
  shim = exports;
  attach_memory(exports.memory);
}

/** The performance clock. A run that is traced asks twice a call: a function of its own is the quickest way here. */
export function now_ms() {
  return performance.now();
}

/** Has the program's guest call these straight, from now on. */
export function call_straight(calls, word) {
  straight = calls;
  letter = word;
}

/** Calls by Rust: from the start, and with what came of a call that was made straight. */
export const call_by_rust = (index, slots) => shim.host_call_flat(index, slots);
export const conclude_by_rust = (index, slots) => shim.flat_concluded(index, slots);

/** The guest's import in a run that has functions of JavaScript. */
function call_flat(index, slots) {
  const call = straight[index];
  return call === undefined || letter[0] !== 0 ? call_by_rust(index, slots) : call(slots >>> 0);
}

/** The imports of `module` that nobody offers, as `module::name`, one a line. `typed` as `offered` has it. */
export function missing_imports(module, typed) {
  const offered = new Set(Object.keys(shim));
  const by_name = new Set(typed.map(([from, name]) => `${from}::${name}`));
  return WebAssembly.Module.imports(module)
    .filter(({ module: from, name, kind }) => {
      if (by_name.has(`${from}::${name}`)) return false;
      const prefix = PREFIXES.find(([, offers]) => offers === from)?.[0];
      return kind !== "function" || prefix === undefined || !offered.has(prefix + name);
    })
    .map(({ module: from, name }) => `${from}::${name}`)
    .join("\n");
}

/** True when `module` imports `name` from `from`. */
export function imports(module, from, name) {
  return WebAssembly.Module.imports(module).some((entry) => entry.module === from && entry.name === name);
}

/**
 * The import object: calls that cannot wait are the shim's own exports, so that the engine calls from wasm to wasm.
 * `typed` are the host functions that a guest imports by name: module, name, parameters, result, number.
 */
function offered(typed) {
  const object = {};
  for (const [prefix, from] of PREFIXES) object[from] = {};
  for (const [name, call] of Object.entries(shim)) {
    for (const [prefix, from] of PREFIXES) {
      if (name.startsWith(prefix)) object[from][name.slice(prefix.length)] = call;
    }
  }
  for (const [from, name, params, result, number] of typed) {
    object[from] ??= {};
    object[from][name] = typed_import(kinds(params), result, number);
  }
  return object;
}

/** Calls into guests that are under way below a host function: there nothing can be suspended. See `switched`. */
const below = new WebAssembly.Global({ value: "i32", mutable: true }, 0);

/**
 * A call that suspends must not be made at all where JavaScript is on the stack, even if it would not wait then, and
 * costs more than most calls do. So the guest imports a function of a module made here, which makes the plain call while
 * the global `below` is not 0, below a host function, and else the one that suspends: wasm is between them, and no
 * JavaScript. `calls` are name, plain and suspending call, which take and give i32, and whether the plain one comes
 * first: the other is then made if that answers WAIT.
 */
function switched(calls) {
  const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);
  const [I32, FUNC, GLOBAL] = [0x7f, 0x60, 0x03];
  const signed = (value) => (value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]);
  const list = (items) => [...number(items.length), ...items.flat()];
  const section = (id, items) => { const body = list(items); return [id, ...number(body.length), ...body]; };
  const text = (string) => list([...new TextEncoder().encode(string)]);
  const count = calls.length;
  const types = calls.map(([, plain]) => [FUNC, ...list(Array(plain.length).fill(I32)), 1, I32]);
  const imports = ["plain", "suspending"].flatMap((from) => calls.map(([name], at) => [...text(from), ...text(name), 0, at]));
  const bodies = calls.map(([, { length }, , first], at) => {
    const args = Array.from({ length }, (_, local) => [0x20, local]).flat();
    const [plain, suspending] = [[...args, 0x10, at], [...args, 0x10, count + at]];
    // global.get 0, if (result i32), the plain call, else, the suspending one, end
    const either = [0, 0x23, 0, 0x04, I32, ...plain, 0x05, ...suspending, 0x0b];
    // the plain call, local.tee, i32.const, i32.eq, global.get 0, i32.eqz, i32.and,
    // if (result i32), the suspending one, else, local.get, end
    const asks = [...plain, 0x22, length, 0x41, ...signed(WAIT), 0x46, 0x23, 0, 0x45, 0x71];
    const then = [1, 1, I32, ...asks, 0x04, I32, ...suspending, 0x05, 0x20, length, 0x0b];
    const code = [...(first ? then : either), 0x0b];
    return [...number(code.length), ...code];
  });
  const bytes = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types),
    ...section(2, [...imports, [...text("js"), ...text("below"), GLOBAL, I32, 1]]),
    ...section(3, calls.map((_, at) => [at])),
    ...section(7, calls.map(([name], at) => [...text(name), 0, 2 * count + at])),
    ...section(10, bodies),
  ];
  const [plain, suspending] = [1, 2].map((at) => Object.fromEntries(calls.map((call) => [call[0], call[at]])));
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), { plain, suspending, js: { below } }).exports;
}

function instance(module, object) {
  const { exports } = new WebAssembly.Instance(module, object);
  const memory = exports.memory instanceof WebAssembly.Memory ? exports.memory : null;
  return { exports, memory: guest_memory(memory) };
}

/** Calls of host functions, which may give promises. */
const OPEN = ["call", "call_flat", "handle_call", "interface_describe"];

/**
 * Makes a fresh instance of `module` the program's guest. With `suspending`, the calls named in `waits` suspend it while
 * the shim asks to wait, and with `opens` so do those of host functions. `typed` as `offered` has it.
 */
export function guest_instantiate(module, suspending, waits, opens, typed) {
  const object = offered(typed);
  if (suspending) {
    const wasi = object.wasi_snapshot_preview1;
    const host = object["amphi:host@1"];
    const suspending = { interrupt: [host, letting_messages_in(shim.host_interrupt)] };
    for (const name of waits) suspending[name] = [wasi, suspend(shim["wasi_" + name])];
    if (opens) host.call_flat = call_flat;
    if (opens) for (const name of OPEN) suspending[name] = [host, suspend(shim["host_" + name])];
    const calls = Object.entries(suspending).map(([name, [of, call]]) => [name, of[name], call, OPEN.includes(name)]);
    for (const [name, call] of Object.entries(switched(calls))) suspending[name][0][name] = call;
  }
  guest_drop();
  guests = [instance(module, object)];
  guest_turn(0);
}

/**
 * Makes a fresh instance of `module`, a WebAssembly.Module or its bytes, the guest of that number, of a host module: it
 * runs below the program's, and is never suspended. `typed` as `offered` has it. Says whether it imports anything.
 */
export function guest_add(number, module, typed) {
  const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  guests[number] = instance(compiled, offered(typed));
  guest_turn(number);
  return WebAssembly.Module.imports(compiled).length > 0;
}

/** A host function as an import: its parameters go through the shim's memory, and its result comes back there. */
function typed_import(params, result, number) {
  return (...args) => {
    views();
    const core = shim.typed_core();
    params.forEach((kind, at) => WRITE[kind](core + 8 * at, args[at]));
    shim.typed_call(number);
    views();
    return result === "" ? undefined : READ[result](core);
  };
}

/** Gives a guest its turn. */
export function guest_turn(number) {
  // One that is being instantiated has no memory yet.
  guest = guests[number] ?? null;
  look_at(guest?.memory);
}

/** Drops the guests, so that their memory can be collected. */
export function guest_drop() {
  guests = [];
  guest = null;
  look_at(undefined);
}

/**
 * Runs the guest's program by its export of that name, and says how it ended: "" (returned), "exit" and a code, "stop" or
 * what trapped.
 */
export function guest_run(entry) {
  try {
    return returned(guest.exports[entry]());
  } catch (error) {
    return ending(error);
  }
}

/** The same, for a guest that may be suspended. */
export async function guest_run_suspending(entry) {
  turnBegan = performance.now();
  try {
    return returned(await WebAssembly.promising(guest.exports[entry])());
  } catch (error) {
    return ending(error);
  }
}

/** `_start` gives nothing, other entries a code. */
function returned(code) {
  return code ? `exit ${code}` : "";
}

/**
 * Calls an export of the guest in the middle of a host function: `params` numbers of 32 bits are in 64-bit slots of the
 * shim's memory at `core`, and a result replaces the first. Gives back how it ended if it did, or undefined.
 */
export function guest_enter(name, core, params, result) {
  const call = guest?.exports[name];
  if (typeof call !== "function") return `the guest exports no function ${name} that can be called`;
  below.value += 1;
  try {
    views();
    const answer = call(...Array.from({ length: params }, (_, at) => READ.i32(core + 8 * at)));
    views();
    if (result !== "") WRITE[result](core, answer);
    return undefined;
  } catch (error) {
    return ending(error);
  } finally {
    below.value -= 1;
  }
}

/** True when the guest has an export of that name that can be called. */
export function guest_has(entry) {
  return typeof guest?.exports[entry] === "function";
}

/** Forgets the host modules of the run before. */
export function hosts_drop() {
  exportsOfHosts = [];
}

/** The number of an export of a host module's guest; `params` and `results` name its core types ("i32 f64"). */
export function host_export(number, name, params, results) {
  return exportsOfHosts.push({ call: guests[number].exports[name], params: kinds(params), results: kinds(results) }) - 1;
}

function kinds(names) {
  return names.split(" ").filter((name) => name !== "");
}

/**
 * Calls an export: arguments are in 64-bit slots of the shim's memory at `slots`, and results replace them.
 * Gives back what it threw, in words, or undefined.
 */
export function host_call(number, slots) {
  const { call, params, results } = exportsOfHosts[number];
  views();
  try {
    const answer = call(...params.map((kind, at) => READ[kind](slots + 8 * at)));
    views();
    if (results.length === 1) WRITE[results[0]](slots, answer);
    else results.forEach((kind, at) => WRITE[kind](slots + 8 * at, answer[at]));
    return undefined;
  } catch (error) {
    return ending(error);
  }
}

/** Unwinds the guest. Rust has written down why before it calls this. */
export function stop() {
  throw STOP;
}

function ending(error) {
  if (error === STOP) return "stop";
  if (error instanceof WebAssembly.RuntimeError) return error.message || "trap";
  // Engines report an exhausted stack as a RangeError, or in Firefox as an InternalError.
  if (error instanceof RangeError || error?.name === "InternalError") return "call stack exhausted";
  return String(error?.stack ?? error);
}

/** Wraps a call of the shim: while it answers WAIT the guest is suspended; no frame of the shim ever is. */
function suspend(call) {
  return new WebAssembly.Suspending((...args) => {
    const answer = call(...args);
    return answer === WAIT ? again(call, args) : answer;
  });
}

async function again(call, args) {
  for (;;) {
    await something_happens(shim.wait_until_ms());
    turnBegan = performance.now();
    const answer = call(...args);
    if (answer !== WAIT) return answer;
  }
}

/** Resolves when `wake_up` is called or at `until` (of performance.now(); Infinity for never). */
async function something_happens(until) {
  let woken = false;
  const news = new Promise((resolve) => {
    wake = () => { woken = true; resolve(); };
  });
  // Timers are coarse, 4 ms and more when nested: they are used for the long part, turns of the event loop for the rest.
  const rest = () => until - performance.now();
  if (rest() > 8) {
    let timer;
    const time = new Promise((resolve) => {
      if (until !== Infinity) timer = setTimeout(resolve, Math.min(rest() - 5, 0x7fffffff));
    });
    await Promise.race([news, time]);
    clearTimeout(timer);
  }
  while (!woken && rest() > 0) await one_turn();
  wake = () => {};
}

/** Ends the wait under way, if there is one: input came, or an interrupt. */
export function wake_up() {
  wake();
}

/** Lets the event loop run once, so that a message can arrive. */
function one_turn() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });
}

function letting_messages_in(poll) {
  return new WebAssembly.Suspending(() => {
    if (performance.now() - turnBegan < TURN_MS) return poll();
    return one_turn().then(() => {
      turnBegan = performance.now();
      return poll();
    });
  });
}
