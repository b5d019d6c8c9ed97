import os
import random
import sys
import time

print(sys.argv)
print(dict(sorted(os.environ.items())))
print(os.getcwd())

# A run starts from a snapshot of an interpreter, but chance and time are its own.
started = time.monotonic_ns()
while time.monotonic_ns() == started:
    pass
print(0 <= random.random() < 1, time.time() > 1_700_000_000)
