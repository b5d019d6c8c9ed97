# Gives $OUT/python313.zip, the standard library. Stored rather than deflated: the browser's download is compressed as a
# whole, which is smaller, and imports need not unpack.
make -C "$STEP_CPYTHON/build" AR="$AR" pybuilddir.txt
sysconfig=$(ls "$STEP_CPYTHON/build/$(cat "$STEP_CPYTHON/build/pybuilddir.txt")"/_sysconfigdata_*.py)
"$STEP_NATIVE/build/python" -I -S recipe/recipe/stdlib.py "$STEP_CPYTHON/source" "$sysconfig" python313.zip \
    "$STEP_CPYTHON=/amphi" "$STEP_SYSROOT=/amphi" "$STEP_NATIVE=/amphi" "$STEP_LIBS=/amphi" \
    "$CLANG=clang" "$AR=llvm-ar" "$RANLIB=llvm-ranlib"
