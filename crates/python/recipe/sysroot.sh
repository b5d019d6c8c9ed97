# Gives $OUT/root, a sysroot with nothing but the guest's C library: with --sysroot=/usr clang would read glibc's
# headers too.
rm -rf root unpacked
if test -n "$SDK_SYSROOT"; then
    ln -s "$SDK_SYSROOT" root
else
    # A .deb is an ar archive; unpacking it so needs no dpkg, and installs nothing.
    mkdir -p unpacked root/include root/lib
    "$AR" p "$WASI_LIBC_FILE" data.tar.xz | tar -xJf - -C unpacked
    mv unpacked/usr/include/wasm32-wasi root/include/
    mv unpacked/usr/lib/wasm32-wasi root/lib/
    rm -rf unpacked
fi
