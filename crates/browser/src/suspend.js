// How a guest is suspended while JavaScript's event loop runs (JSPI): the calls that do it, and what ends a wait.
// It knows no call's meaning.

/** What a call of the shim answers when it cannot finish yet. No errno and no other answer has this value. */
export const WAIT = -0x7fffffff;
/** How long a guest may run before a poll for an interrupt lets messages in, in milliseconds (JSPI only). */
const TURN_MS = 30;

let wake = () => {};
let turnBegan = 0;
/** Says until when the suspended guest waits, of performance.now(). */
let until_ms = () => 0;

/** Takes that from the shim. Called once, before anything else here. */
export function attach_waits(until) {
  until_ms = until;
}

/** A guest is entered: from now on it keeps messages waiting. */
export function turn_begins() {
  turnBegan = performance.now();
}

/** Calls into guests that are under way below a host function: there nothing can be suspended. See `switched`. */
export const below = new WebAssembly.Global({ value: "i32", mutable: true }, 0);

/** Not 0 once a plain call of a host function that is imported by name is to wait. */
export const asked = new WebAssembly.Global({ value: "i32", mutable: true }, 0);

/**
 * A call that suspends must not be made at all where JavaScript is on the stack, even if it would not wait then, and
 * costs more than most calls do. So the guest imports a function of a module made here: wasm is between the plain call
 * and the one that suspends, and no JavaScript. Each of `calls` has a name, the types of its parameters and of its result,
 * a `plain` call and a `suspending` one, and says when which is made:
 *
 * - "above": the one that suspends, unless the global `below` is not 0: below a host function.
 * - "WAIT": the plain one, then the other if that answers WAIT.
 * - "asked": the plain one, then the other if that has set the global `asked`.
 */
export function switched(calls) {
  const [FUNC, GLOBAL, EMPTY] = [0x60, 0x03, 0x40];
  const KINDS = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
  const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);
  const signed = (value) => (value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]);
  const list = (items) => [...number(items.length), ...items.flat()];
  const section = (id, items) => { const body = list(items); return [id, ...number(body.length), ...body]; };
  const text = (string) => list([...new TextEncoder().encode(string)]);
  const results = ({ result }) => (result === "" ? [] : [KINDS[result]]);
  const types = calls.map((call) => [FUNC, ...list(call.params.map((kind) => KINDS[kind])), ...list(results(call))]);
  const imports = ["plain", "suspending"].flatMap((from) => calls.map(({ name }, at) => [...text(from), ...text(name), 0, ...number(at)]));
  const [below_js, asked_js] = ["below", "asked"].map((name) => [...text("js"), ...text(name), GLOBAL, KINDS.i32, 1]);
  const bodies = calls.map((call, at) => {
    // local.get of each; call; local.set and local.get of the result, which is the local behind the parameters.
    const args = call.params.flatMap((_, local) => [0x20, ...number(local)]);
    const [plain, suspending] = [at, calls.length + at].map((callee) => [...args, 0x10, ...number(callee)]);
    const kept = results(call), result = number(call.params.length);
    const [set, get] = kept.length === 0 ? [[], []] : [[0x21, ...result], [0x20, ...result]];
    const when = {
      // global.get below, i32.eqz
      above: [0x23, 0, 0x45],
      // local.get, i32.const, i32.eq, global.get below, i32.eqz, i32.and
      WAIT: [...get, 0x41, ...signed(WAIT), 0x46, 0x23, 0, 0x45, 0x71],
      // global.get asked
      asked: [0x23, 1],
    }[call.when];
    const first = call.when === "above" ? [] : [...plain, ...set];
    const other = call.when === "above" ? [0x05, ...plain, ...set] : [];
    // if, the suspending call, else, the plain one, end
    const code = [...first, ...when, 0x04, EMPTY, ...suspending, ...set, ...other, 0x0b, ...get, 0x0b];
    const body = [...list(kept.map((kind) => [1, kind])), ...code];
    return [...number(body.length), ...body];
  });
  const bytes = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, types),
    ...section(2, [...imports, below_js, asked_js]),
    ...section(3, calls.map((_, at) => number(at))),
    ...section(7, calls.map(({ name }, at) => [...text(name), 0, ...number(2 * calls.length + at)])),
    ...section(10, bodies),
  ];
  const [plain, suspending] = ["plain", "suspending"].map((from) => Object.fromEntries(calls.map((call) => [call.name, call[from]])));
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  return new WebAssembly.Instance(module, { plain, suspending, js: { below, asked } }).exports;
}

/** Wraps a call of the shim: while it answers WAIT the guest is suspended; no frame of the shim ever is. */
export function suspend(call) {
  return new WebAssembly.Suspending((...args) => {
    const answer = call(...args);
    return answer === WAIT ? again(call, args) : answer;
  });
}

/** Makes the call again until it waits no more, and gives what `made` makes of its answer, at once. */
export async function again(call, args, made = (answer) => answer) {
  for (;;) {
    await something_happens(until_ms());
    turnBegan = performance.now();
    const answer = call(...args);
    if (answer !== WAIT) return made(answer);
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

export function letting_messages_in(poll) {
  return new WebAssembly.Suspending(() => {
    if (performance.now() - turnBegan < TURN_MS) return poll();
    return one_turn().then(() => {
      turnBegan = performance.now();
      return poll();
    });
  });
}
