import threading
import time


def make(what, seconds):
    time.sleep(seconds)
    print(what)


try:
    threading.Thread(target=make, args=("tea", 1)).start()
except RuntimeError as error:
    print("a thread:", error)

began = time.monotonic()
make("tea", 1)
make("toast", 2)
make("eggs", 3)
print(f"it took {time.monotonic() - began:.0f} seconds")
