"""Whether files and folders get slower as they grow: prints how much longer one step takes in the end than at first."""

import os
from time import perf_counter

WHOLE = 1 << 30
CHUNK = b"x" * 4096
PART = WHOLE // len(CHUNK) // 8


def appended(file):
    began = perf_counter()
    for _ in range(PART):
        file.write(CHUNK)
    return perf_counter() - began


with open("large", "ab", buffering=0) as file:
    took = [appended(file) for _ in range(8)]
    assert file.tell() == WHOLE
os.remove("large")
print(f"append: {min(took[4:]) / min(took[:4])}")


def filled(folder, count):
    """The seconds for each of so many files that are made, listed and looked up."""
    os.mkdir(folder)
    began = perf_counter()
    for number in range(count):
        os.close(os.open(f"{folder}/{number:06}", os.O_WRONLY | os.O_CREAT))
    names = os.listdir(folder)
    for name in names:
        os.stat(f"{folder}/{name}")
    assert len(names) == count
    return (perf_counter() - began) / count


small = min(filled(f"small{number}", 10_000) for number in range(3))
print(f"folder: {filled('large', 100_000) / small}")
