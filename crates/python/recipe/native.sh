# Gives $OUT/build/python, a CPython of the same version for this machine, which compiles the standard library.
if ! test -e configured; then
    unpack "$PYTHON_FILE" source
    rm -rf build
    mkdir build
    # Modules that nothing here imports are left out: they take a third of the time, and whether they can be built hangs
    # on which libraries this machine has.
    unused=
    for module in _bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _ctypes _curses \
        _curses_panel _dbm _decimal _elementtree _gdbm _hashlib _interpchannels _interpqueues _interpreters _lzma \
        _multibytecodec _multiprocessing _posixshmem _sqlite3 _ssl _tkinter _uuid nis pyexpat readline zlib; do
        unused="$unused py_cv_module_$module=n/a"
    done
    # It is quick to build rather than quick to run.
    (cd build && OPT="-O1 -DNDEBUG" ../source/configure -C --without-ensurepip --disable-test-modules $unused)
    touch configured
fi
make -C build -j"$JOBS"
