// Calls of JavaScript's functions of numbers: from slots in the shim's memory and back, with nothing of Rust in between.
// It knows the plain values of each type and no others: what is not plainly of its type is Rust's to look at.

import { shim_view } from "./glue.js";

/** The functions of the run's host modules that are called so. */
let functions = [];
/** What the last call gave or threw, until Rust takes it. */
let given;

/** A parameter in its 64-bit slot. */
const TAKE = {
  bool: (view, at) => view.getInt32(at, true) !== 0,
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
  TAKE[`s${bits}`] = (view, at) => view.getInt32(at, true);
  TAKE[`u${bits}`] = (view, at) => view.getUint32(at, true);
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
}

/** The number of a function that `exports` has under one of these names, by its types: "s32 f64", "" for no result. */
export function flat_function(exports, names, params, result) {
  const name = names.find((name) => typeof exports[name] === "function");
  const take = params.split(" ").filter((type) => type !== "").map((type) => TAKE[type]);
  return functions.push({ exports, name, take, give: GIVE[result] }) - 1;
}

/**
 * Calls it with what is in the slots: 0, and its result is in the first. Else what it gave (1) or threw (2) is what
 * `flat_given` gives.
 */
export function flat_call(number, slots) {
  const { exports, name, take, give } = functions[number];
  const view = shim_view();
  const call = exports[name];
  try {
    if (take.length === 1) given = call(take[0](view, slots));
    else if (take.length === 2) given = call(take[0](view, slots), take[1](view, slots + 8));
    else given = call(...take.map((take, at) => take(view, slots + 8 * at)));
  } catch (thrown) {
    given = thrown;
    return 2;
  }
  // The call may have had memory grow.
  return give(shim_view(), slots, given) ? 0 : 1;
}

/** What the last call gave or threw. */
export function flat_given() {
  const taken = given;
  given = undefined;
  return taken;
}
