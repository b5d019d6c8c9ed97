import os


def planet(data):
    return data.decode().strip()


first = os.open("planets.txt", os.O_RDONLY)
second = os.open("planets.txt", os.O_RDONLY)
print("descriptors:", first, second)

# Each of them has an offset of its own, which a read moves on.
print("first:", planet(os.read(first, 10)))
print("first:", planet(os.read(first, 10)))
print("second:", planet(os.read(second, 10)))

os.close(first)
third = os.open("planets.txt", os.O_RDONLY)
print("the free number is used again:", third)
