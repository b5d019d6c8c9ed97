# Gives $OUT/archives.txt, all archives that python.wasm is linked from, and $OUT/python.o: what is in them as one object
# of WebAssembly, so that a link with a C extension module takes seconds. What the link of python.wasm optimises from file
# to file is left out of it: it would take two minutes more, and the Python that comes of it is a twentieth slower without.
BUILD="$STEP_CPYTHON/build"
PYTHON="$BUILD/libpython3.13.a"
OTHERS="$BUILD/Modules/_hacl/libHacl_Hash_SHA2.a $BUILD/Modules/_decimal/libmpdec/libmpdec.a
    $BUILD/Modules/expat/libexpat.a $STEP_LIBS/lib/libz.a $STEP_LIBS/lib/libbz2.a $STEP_LIBS/lib/liblzma.a
    $STEP_LIBS/lib/libsqlite3.a"
printf '%s\n' "$PYTHON" $OTHERS > archives.txt
"$CLANG" --target=wasm32-wasi --sysroot="$STEP_SYSROOT/root" -nostdlib -r -Wl,--lto-O0 \
    -Wl,--whole-archive "$PYTHON" -Wl,--no-whole-archive $OTHERS -o python.o
