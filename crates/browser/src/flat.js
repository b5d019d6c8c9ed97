// Calls of JavaScript's functions of numbers: from slots in a memory and back, with nothing of Rust in between. The memory
// is the shim's where Rust calls, and the guest's own where that calls straight.
// It knows the plain values of each type and no others: what is not plainly of its type is Rust's to look at.

import { call_by_rust, call_straight, conclude_by_rust } from "./glue.js";
import { guest_view, shim_view } from "./memory.js";

/** What came of a call: its result is in the first slot, or it gave something else, or it threw that. */
const [DONE, GAVE, THREW] = [0, 1, 2];
/** The name of what calls a host module's functions: core shows no frame from there on, see its `PRELUDE_NAME`. */
const CALLER = "amphi:prelude";

/** The functions of the run's host modules that are called so. */
let functions = [];
/** What the last call gave or threw, until Rust takes it. */
let given;
/** Which of both, where the call was made straight and Rust has not been told. */
let pending = DONE;
/** Calls made straight that are under way. */
let underWay = 0;
/** JavaScript has called Rust in the innermost, or while there was none: then Rust has something to tell the guest. */
let entered = false;

/** A parameter in its 64-bit slot; undefined if the slot holds nothing of the type. */
const TAKE = {
  bool(view, at) {
    const low = view.getInt32(at, true);
    return (low === 0 || low === 1) && view.getInt32(at + 4, true) === 0 ? low === 1 : undefined;
  },
  s64: (view, at) => view.getBigInt64(at, true),
  u64: (view, at) => view.getBigUint64(at, true),
  f64: (view, at) => view.getFloat64(at, true),
};
/** Puts a result into its slot; false, and nothing put, if it is not plainly of the type. */
const GIVE = {
  "": (view, at, value) => value === undefined,
  bool: (view, at, value) => typeof value === "boolean" && put(view, at, value ? 1 : 0, 0),
  s64(view, at, value) {
    if (typeof value !== "bigint" || BigInt.asIntN(64, value) !== value) return false;
    view.setBigInt64(at, value, true);
    return true;
  },
  u64(view, at, value) {
    if (typeof value !== "bigint" || BigInt.asUintN(64, value) !== value) return false;
    view.setBigUint64(at, value, true);
    return true;
  },
  f64(view, at, value) {
    if (typeof value !== "number" || !Number.isFinite(value)) return false;
    view.setFloat64(at, value, true);
    return true;
  },
};
for (const bits of [8, 16, 32]) {
  const [least, most, all] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, 2 ** bits - 1];
  TAKE[`s${bits}`] = (view, at) => {
    const low = view.getInt32(at, true);
    return low >= least && low <= most && view.getInt32(at + 4, true) === low >> 31 ? low : undefined;
  };
  TAKE[`u${bits}`] = (view, at) => {
    const low = view.getUint32(at, true);
    return low <= all && view.getInt32(at + 4, true) === 0 ? low : undefined;
  };
  GIVE[`s${bits}`] = (view, at, value) =>
    Number.isInteger(value) && value >= least && value <= most && put(view, at, value, value < 0 ? -1 : 0);
  GIVE[`u${bits}`] = (view, at, value) => Number.isInteger(value) && value >= 0 && value <= all && put(view, at, value, 0);
}

function put(view, at, low, high) {
  view.setInt32(at, low, true);
  view.setInt32(at + 4, high, true);
  return true;
}

/** Forgets the functions of the run before. */
export function flat_drop() {
  functions = [];
  given = undefined;
  pending = DONE;
  underWay = 0;
  entered = false;
  flat_straight([], [], new Int32Array(1));
}

/** The number of a function that `exports` has under one of these names, by its types: "s32 f64", "" for no result. */
export function flat_function(exports, names, params, result) {
  const name = names.find((name) => typeof exports[name] === "function");
  const take = params.split(" ").filter((type) => type !== "").map((type) => TAKE[type]);
  const room = 8 * Math.max(take.length, result === "" ? 0 : 1);
  return functions.push({ exports, name, take, give: GIVE[result], room }) - 1;
}

/**
 * Calls it with what is in the slots: DONE, and its result is in the first. Else what it gave or threw is what
 * `flat_given` gives. A call that was made straight is not made again.
 */
export function flat_call(number, slots) {
  if (pending !== DONE) {
    const came = pending;
    pending = DONE;
    return came;
  }
  const { exports, name, take, give } = functions[number];
  const view = shim_view();
  const call = exports[name];
  try {
    given = apply(call, take.map((take, at) => take(view, slots + 8 * at)));
  } catch (thrown) {
    given = thrown;
    return THREW;
  }
  // The call may have had memory grow.
  return give(shim_view(), slots, given) ? DONE : GAVE;
}

const { [CALLER]: apply } = { [CALLER]: (call, args) => call(...args) };

/** What the last call gave or threw. */
export function flat_given() {
  const taken = given;
  given = undefined;
  return taken;
}

/** Has the program's guest call functions straight: its numbers for them, ours, and what is not 0 while it must not. */
export function flat_straight(indices, numbers, letter) {
  const calls = [];
  indices.forEach((index, at) => { calls[index] = straight(index, functions[numbers[at]]); });
  call_straight(calls, letter);
}

/** Whether calls made straight are under way. */
export function flat_under_way() {
  return underWay > 0;
}

/**
 * JavaScript calls Rust. A call that is made straight meanwhile is Rust's to conclude, or the next one Rust's to make:
 * Python may have been called, or have something to hear of, or the run be over.
 */
export function flat_entered() {
  entered = true;
}

/** A function as the guest calls it, with the address of its slots. */
function straight(index, { exports, name, take, give, room }) {
  const { length, 0: first, 1: second } = take;
  const calls = {
    [CALLER](slots) {
      const view = guest_view();
      const told = underWay === 0 && entered;
      if (told) entered = false;
      if (told || slots + room > view.byteLength) return call_by_rust(index, slots);
      let a, b, all;
      if (length === 1 || length === 2) {
        a = first(view, slots);
        if (length === 2) b = second(view, slots + 8);
        if (a === undefined || (length === 2 && b === undefined)) return call_by_rust(index, slots);
      } else {
        all = take.map((take, at) => take(view, slots + 8 * at));
        if (all.includes(undefined)) return call_by_rust(index, slots);
      }
      const call = exports[name];
      const before = entered;
      entered = false;
      underWay += 1;
      let came = DONE;
      let value;
      try {
        value = length === 2 ? call(a, b) : length === 1 ? call(a) : call(...all);
      } catch (thrown) {
        came = THREW;
        value = thrown;
      }
      underWay -= 1;
      const concludes = entered;
      entered = before;
      if (came === DONE && !concludes && give(view, slots, value)) return 0;
      given = value;
      pending = came === DONE ? GAVE : came;
      try {
        return conclude_by_rust(index, slots);
      } finally {
        given = undefined;
        pending = DONE;
      }
    },
  };
  return calls[CALLER];
}
