import os

# A fault names a call of WASI; Python raises what that error number means.
try:
    os.listdir(".")
except PermissionError as error:
    print("listdir:", error.strerror)
print("listdir again:", sorted(os.listdir(".")))

log = os.open("run.log", os.O_WRONLY | os.O_CREAT)
for line in (b"one\n", b"two\n"):
    try:
        print("wrote", os.write(log, line), "bytes")
    except OSError as error:
        print("write:", error.strerror)
os.close(log)

# The fault is about .log files alone, and what was written before it stays.
with open("notes.txt", "w") as notes:
    notes.write("fine")
print(open("run.log").read(), open("notes.txt").read(), sep="")
