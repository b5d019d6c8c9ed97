"""Times four things that programs do with files, and prints each with the seconds of one: `open: 0.000012`."""

import os
from time import perf_counter

# A round takes at least so long, so that the clock and a pause of the machine count for little.
ROUND_SECONDS = 0.1
ROUNDS = 5

os.mkdir("many")
for number in range(100):
    with open(f"many/{number}", "w") as file:
        file.write("x" * 100)
CHUNK = b"x" * (64 << 10)
written = os.open("written", os.O_WRONLY | os.O_CREAT)


def open_read_close():
    fd = os.open("many/7", os.O_RDONLY)
    os.read(fd, 1000)
    os.close(fd)


def stat():
    os.stat("many/7")


def listdir():
    os.listdir("many")


def write():
    os.lseek(written, 0, os.SEEK_SET)
    os.write(written, CHUNK)


def seconds(act):
    loops = 1
    while True:
        rounds = range(loops)
        began = perf_counter()
        for _ in rounds:
            act()
        took = perf_counter() - began
        if took >= ROUND_SECONDS:
            return took / loops
        loops *= 2


for act in (open_read_close, stat, listdir, write):
    print(f"{act.__name__}: {min(seconds(act) for _ in range(ROUNDS))}")
