# Gives $OUT/python.wasm, not yet initialised, and $OUT/kit: everything that linking Python anew takes, so that a C
# extension module can be added without CPython's build.
rm -rf kit
mkdir -p kit/objects
cp -RL "$STEP_SYSROOT/root" kit/sysroot
cp -R "$STEP_CPYTHON/source/Include" kit/include
cp "$STEP_CPYTHON/build/pyconfig.h" kit/include/
cp -R "$STEP_LIBS/include/." kit/include/
cp "$STEP_KIT/python.o" kit/
cd kit

WASM="--target=wasm32-wasi --sysroot=sysroot -O3 -flto=full $FEATURES"
COMPILE="$WASM -DNDEBUG -fvisibility=hidden $EMULATED -Iinclude"
WARNINGS="-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers"
# The entry, the end and what is kept reach into CPython's own headers; the rest of the bridge is content with the public ones.
INTERNAL="-DPy_BUILD_CORE -Iinclude/internal -Iinclude/internal/mimalloc"
for file in ../recipe/c/*.c; do
    part=$(basename "$file" .c)
    extra=
    case $part in start | finish | keep) extra=$INTERNAL ;; esac
    "$CLANG" $COMPILE $WARNINGS $UNMAPPED $extra -c "$file" -o "objects/$part.o"
done
# Each link has a table of its own.
mv objects/modules.o ..

# -nostartfiles: the bridge has its own _start. The stack comes first in memory, so that its overflow traps instead of
# overwriting data. Memory may grow to all that 32 bits reach; each run sets its own limit.
LINK="$WASM -nostartfiles -z stack-size=8388608 -Wl,--stack-first
    -Wl,--initial-memory=41943040 -Wl,--max-memory=4294967296 -Wl,--strip-debug -Wl,--export=__heap_base"
SYSTEM="-ldl -lwasi-emulated-signal -lwasi-emulated-getpid -lwasi-emulated-process-clocks -lm"
# One argument a line, for link.json.
printf '%s\n' $COMPILE > compile.txt
printf '%s\n' $LINK objects/*.o python.o $SYSTEM > link.txt
# clang runs the first wasm-opt that it finds on PATH, and the result would depend on whether there is one: this one
# leaves the file as it is.
mkdir -p ../nothing
printf '#!/bin/sh\n' > ../nothing/wasm-opt
chmod +x ../nothing/wasm-opt
PATH="$OUT/nothing:$PATH" "$CLANG" $LINK objects/*.o ../modules.o $(cat "$STEP_KIT/archives.txt") $SYSTEM -o ../python.wasm
