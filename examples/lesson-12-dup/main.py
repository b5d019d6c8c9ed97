import os


def report():
    for number, fruit in enumerate(["apples", "pears", "plums"], 1):
        print(number, fruit)


try:
    os.dup(1)
except OSError as error:
    print("os.dup:", error.strerror)
print("os.dup2:", "there" if hasattr(os, "dup2") else "missing")

report()
