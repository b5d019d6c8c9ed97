# What all scripts share. They run with `sh -eu` in the step's own folder, which is $OUT. build.rs sets $CLANG, $AR,
# $RANLIB, $WASM_OPT, $JOBS, the files of the sources ($..._FILE), and for each step that this one needs its folder as
# $STEP_ and its name in capitals (a bare LIBS would mean something to configure). A step that was interrupted runs
# again in the same folder.

# What wasmtime and every browser of the last years can do, beyond the first WebAssembly.
FEATURES="-msimd128 -mbulk-memory -mnontrapping-fptoint -msign-ext"

# WASI has neither signals nor process clocks nor process ids; the C library emulates them within one process.
EMULATED="-D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_GETPID"

# Paths of the build would make the result depend on whose cache it was built in.
UNMAPPED="-ffile-prefix-map=$OUT=/amphi"

# unpack FILE FOLDER: a fresh FOLDER with what is inside the single top folder of an archive.
unpack() {
    rm -rf "$2"
    mkdir "$2"
    tar -xf "$1" -C "$2" --strip-components=1
}
