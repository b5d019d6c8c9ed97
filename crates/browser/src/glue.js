// The worker's JavaScript: the guests and their import object. How they are suspended is in `suspend.js`.
// It knows no WASI and no host function: names come from the shim's own exports (`wasi_*`, `host_*`), decisions from Rust.

import { READ, WRITE, attach_memory, guest_memory, look_at, views } from "./memory.js";
import { WAIT, again, asked, attach_waits, below, letting_messages_in, suspend, switched, turn_begins } from "./suspend.js";

/** Thrown to unwind the guest when Rust has decided that the run is over. */
const STOP = Symbol("amphi: the run is over");
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

/** Takes the shim's raw exports. Called once, before anything else here. */
export function attach(exports) {
  shim = exports;
  attach_memory(exports.memory);
  attach_waits(exports.wait_until_ms);
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
    const calls = [];
    const i32 = (of, name, when, suspending) =>
      calls.push({ of, name, when, plain: of[name], suspending, params: Array(of[name].length).fill("i32"), result: "i32" });
    i32(host, "interrupt", "above", letting_messages_in(shim.host_interrupt));
    for (const name of waits) i32(wasi, name, "above", suspend(shim["wasi_" + name]));
    if (opens) {
      host.call_flat = call_flat;
      for (const name of OPEN) i32(host, name, "WAIT", suspend(shim["host_" + name]));
      for (const [from, name, kinds_of_params, result, number] of typed) {
        const [of, params] = [object[from], kinds(kinds_of_params)];
        calls.push({ of, name, when: "asked", plain: of[name], suspending: typed_suspend(params, result, number), params, result });
      }
    }
    // Modules may have functions of one name: here each goes by its place.
    const made = switched(calls.map((call, at) => ({ ...call, name: String(at) })));
    calls.forEach(({ of, name }, at) => { of[name] = made[at]; });
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
    asked.value = typed_call(params, args, number) === WAIT ? 1 : 0;
    return asked.value === 0 ? typed_result(result) : (result === "i64" ? 0n : 0);
  };
}

/** The same, which suspends the guest. */
function typed_suspend(params, result, number) {
  return new WebAssembly.Suspending((...args) => {
    const call = () => typed_call(params, args, number);
    return call() === WAIT ? again(call, [], () => typed_result(result)) : typed_result(result);
  });
}

function typed_call(params, args, number) {
  views();
  const core = shim.typed_core();
  params.forEach((kind, at) => WRITE[kind](core + 8 * at, args[at]));
  return shim.typed_call(number);
}

function typed_result(result) {
  views();
  return result === "" ? undefined : READ[result](shim.typed_core());
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
  turn_begins();
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
