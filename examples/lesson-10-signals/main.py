import signal

for name in ("alarm", "setitimer", "pthread_kill", "raise_signal"):
    print(f"{name}:", "there" if hasattr(signal, name) else "missing")

# This is what Ctrl-C does, too: the handler that Python begins with raises KeyboardInterrupt.
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt as interrupt:
    print(type(interrupt).__name__)

print("the program goes on")
