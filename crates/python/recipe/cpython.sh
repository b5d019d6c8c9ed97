# Gives $OUT/source, CPython with amphi's changes, and $OUT/build with its archives, compiled for WASI.
if ! test -e configured; then
    rm -rf build
    unpack "$PYTHON_FILE" source
    for change in recipe/patches/*.patch; do
        patch -d source -p1 < "$change"
    done
    mkdir build
    (
        cd build
        export CONFIG_SITE="$OUT/source/Tools/wasm/config.site-wasm32-wasi"
        # Nothing that is built runs here; where configure would run it, `true` does.
        export HOSTRUNNER=true
        export CC="$CLANG --target=wasm32-wasi --sysroot=$STEP_SYSROOT/root" LLVM_AR="$AR"
        export CFLAGS="$FEATURES $UNMAPPED"
        export OPT="-DNDEBUG -O3 -Wall"
        # pkg-config would find this machine's own libraries.
        export PKG_CONFIG=false
        export ZLIB_CFLAGS="-I$STEP_LIBS/include" ZLIB_LIBS="-L$STEP_LIBS/lib -lz"
        export BZIP2_CFLAGS="-I$STEP_LIBS/include" BZIP2_LIBS="-L$STEP_LIBS/lib -lbz2"
        export LIBLZMA_CFLAGS="-I$STEP_LIBS/include" LIBLZMA_LIBS="-L$STEP_LIBS/lib -llzma"
        export LIBSQLITE3_CFLAGS="-I$STEP_LIBS/include" LIBSQLITE3_LIBS="-L$STEP_LIBS/lib -lsqlite3 -lwasi-emulated-getpid"
        ../source/configure -C --host=wasm32-wasi --build="$(../source/config.guess)" \
            --with-build-python="$STEP_NATIVE/build/python" --with-pymalloc --with-lto=full \
            --without-ensurepip --disable-test-modules --disable-ipv6 --prefix=/
    )
    touch configured
fi
# Only the archives: python.wasm has an entry of its own, and its modules' archives are linked in by it. With LTO the
# machine's default ar could not read the objects. --with-lto asks for debug information, which the link would only drop:
# -g0 comes after it.
make -C build -j"$JOBS" AR="$AR" CFLAGS_NODIST=-g0 libpython3.13.a Modules/_hacl/libHacl_Hash_SHA2.a \
    Modules/_decimal/libmpdec/libmpdec.a Modules/expat/libexpat.a
