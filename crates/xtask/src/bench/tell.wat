;; Makes a million calls that do next to nothing, and writes how many nanoseconds they took, as 8 bytes.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; A buffer of 8 bytes at 64.
  (data (i32.const 0) "\40\00\00\00\08\00\00\00")
  (func $now (result i64)
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 128)))
    (i64.load (i32.const 128)))
  (func $calls (param $count i32)
    (loop $again
      (drop (call $tell (i32.const 0) (i32.const 136)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $again (local.get $count))))
  (func (export "_start") (local $began i64)
    ;; Once before, so that the engine has made its best code.
    (call $calls (i32.const 1000000))
    (local.set $began (call $now))
    (call $calls (i32.const 1000000))
    (i64.store (i32.const 64) (i64.sub (call $now) (local.get $began)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))
