// The two memories: the shim's, and that of the guest whose turn it is. Copies between them, and numbers in the shim's.
// It never knows what the bytes are.

const NOTHING = new DataView(new ArrayBuffer(0));

let shimMemory = null;
let shimBytes = new Uint8Array(0);
let shimView = NOTHING;
/** The memory of the guest whose turn it is, and its views; they lie in it while another has its turn. */
let guest = null;
let guestBytes = new Uint8Array(0);
let guestView = NOTHING;

/** Takes the shim's memory. Called once, before anything else here. */
export function attach_memory(memory) {
  shimMemory = memory;
}

/** A guest's memory, null if it has none, for `look_at`. */
export function guest_memory(memory) {
  return { memory, bytes: new Uint8Array(0), view: NOTHING };
}

/** It is another guest's turn; undefined: nobody's. */
export function look_at(next) {
  if (guest !== null) [guest.bytes, guest.view] = [guestBytes, guestView];
  guest = next ?? null;
  guestBytes = guest?.bytes ?? new Uint8Array(0);
  guestView = guest?.view ?? NOTHING;
}

/** A view dies, and has length 0, when its memory grows: it is then taken anew. */
export function views() {
  if (guestBytes.length === 0 && guest?.memory) {
    guestBytes = new Uint8Array(guest.memory.buffer);
    guestView = new DataView(guest.memory.buffer);
  }
  if (shimBytes.length === 0) {
    shimBytes = new Uint8Array(shimMemory.buffer);
    shimView = new DataView(shimMemory.buffer);
  }
}

/** The shim's memory. */
export const shim_view = () => (views(), shimView);
/** That of the guest whose turn it is. */
export const guest_view = () => (views(), guestView);

function copy(target, to, source, from, length) {
  // For the few bytes of a pointer or a size, a loop is quicker than a subarray.
  if (length <= 16) for (let i = 0; i < length; i++) target[to + i] = source[from + i];
  else target.set(source.subarray(from, from + length), to);
}

/** Bytes of the guest's memory. */
export function guest_size() {
  views();
  return guestBytes.length;
}

/** Copies from the guest to the shim; false, and nothing copied, when the range is not in the guest's memory. */
export function guest_read(at, to, length) {
  views();
  if (at + length > guestBytes.length) return false;
  copy(shimBytes, to, guestBytes, at, length);
  return true;
}

/** Copies from the shim to the guest; false, and nothing copied, when the range is not in the guest's memory. */
export function guest_write(at, from, length) {
  views();
  if (at + length > guestBytes.length) return false;
  copy(guestBytes, at, shimBytes, from, length);
  return true;
}

/** A number in the shim's memory, after `views`, by its core type. */
export const READ = {
  i32: (at) => shimView.getInt32(at, true),
  i64: (at) => shimView.getBigInt64(at, true),
  f32: (at) => shimView.getFloat32(at, true),
  f64: (at) => shimView.getFloat64(at, true),
};
/** Puts one there. */
export const WRITE = {
  i32: (at, value) => shimView.setInt32(at, value, true),
  i64: (at, value) => shimView.setBigInt64(at, value, true),
  f32: (at, value) => shimView.setFloat32(at, value, true),
  f64: (at, value) => shimView.setFloat64(at, value, true),
};
