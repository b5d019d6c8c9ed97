import signal
import sys

for name in ("alarm", "setitimer", "pthread_kill", "raise_signal"):
    print(f"{name}:", "there" if hasattr(signal, name) else "missing")


def stop(number, frame):
    print("cleaning up")
    sys.exit(3)


signal.signal(signal.SIGINT, stop)
signal.raise_signal(signal.SIGINT)

print("the program goes on")
