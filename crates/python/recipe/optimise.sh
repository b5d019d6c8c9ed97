# Gives $OUT/python.wasm, made smaller and faster by Binaryen.
"$WASM_OPT" -O3 --enable-simd --enable-bulk-memory --enable-nontrapping-float-to-int --enable-sign-ext \
    --enable-mutable-globals --enable-reference-types --enable-multivalue --strip-producers \
    "$STEP_LINK/python.wasm" -o python.wasm
