# Gives $OUT/include and $OUT/lib with zlib, bzip2, xz's liblzma and SQLite.
CC="$CLANG --target=wasm32-wasi --sysroot=$STEP_SYSROOT/root"
OPT="-O3 -DNDEBUG $FEATURES -flto=full $EMULATED $UNMAPPED"
rm -rf include lib
mkdir include lib

# One process, no shared memory: no write-ahead log, no threads, no loading of extensions; temporary tables in memory.
SQLITE="-DSQLITE_OMIT_WAL -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_THREADSAFE=0 -DSQLITE_TEMP_STORE=3 -DHAVE_USLEEP
    -DSQLITE_ENABLE_FTS5 -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_ENABLE_COLUMN_METADATA"

build_sqlite() {
    unpack "$SQLITE_FILE" sqlite
    mkdir sqlite/made
    cd sqlite/made
    ../configure
    make sqlite3.c
    $CC $OPT $SQLITE -c sqlite3.c -o sqlite3.o
    "$AR" rcsD "$OUT/lib/libsqlite3.a" sqlite3.o
    cp sqlite3.h "$OUT/include/"
}

build_zlib() {
    unpack "$ZLIB_FILE" zlib
    cd zlib
    $CC $OPT -c adler32.c crc32.c deflate.c infback.c inffast.c inflate.c inftrees.c trees.c zutil.c compress.c uncompr.c
    "$AR" rcsD "$OUT/lib/libz.a" ./*.o
    cp zlib.h zconf.h "$OUT/include/"
}

build_bzip2() {
    unpack "$BZIP2_FILE" bzip2
    cd bzip2
    $CC $OPT -c blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c
    "$AR" rcsD "$OUT/lib/libbz2.a" ./*.o
    cp bzlib.h "$OUT/include/"
}

build_xz() {
    unpack "$XZ_FILE" xz
    mkdir xz/made
    cd xz/made
    ../configure --host=wasm32-wasi CC="$CC" CFLAGS="-O3" AR="$AR" RANLIB="$RANLIB" \
        --enable-threads=no --disable-shared --disable-nls --disable-assembler --disable-doc --disable-scripts \
        --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo
    make -C src/liblzma -j"$JOBS" CFLAGS="$OPT"
    cp src/liblzma/.libs/liblzma.a "$OUT/lib/"
    cp -r ../src/liblzma/api/lzma.h ../src/liblzma/api/lzma "$OUT/include/"
}

# SQLite is one large file for one core; the others use the second meanwhile. Each runs in a shell of its own, where
# -e counts (it would not on the left of ||), and `wait` gives the code of that shell.
(build_sqlite) &
sqlite_pid=$!
(build_zlib)
(build_bzip2)
(build_xz)
wait $sqlite_pid
rm -rf sqlite zlib bzip2 xz
