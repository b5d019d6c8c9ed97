import time


def tell():
    print("it is", time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()))


def since(began):
    return f"{(time.monotonic() - began) * 1000:.0f} ms"


tell()

began = time.monotonic()
print("between two looks:", since(began))

began = time.monotonic()
for _ in range(1_000_000):
    pass
print("a million steps later:", since(began))
