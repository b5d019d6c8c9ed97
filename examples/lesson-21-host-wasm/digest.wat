(module
  (memory (export "memory") 1)

  ;; Room for an argument, always the same: one is held at a time. 0 would mean that there is none.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.const 16))

  ;; A list of bytes is two parameters: where it is, and how long.
  (func (export "fnv") (param $at i32) (param $left i32) (result i32)
    (local $hash i32)
    (local.set $hash (i32.const 0x811c9dc5))
    (loop $next
      (if (local.get $left)
        (then
          (local.set $hash
            (i32.mul
              (i32.xor (local.get $hash) (i32.load8_u (local.get $at)))
              (i32.const 0x01000193)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $left (i32.sub (local.get $left) (i32.const 1)))
          (br $next))))
    (local.get $hash)))
