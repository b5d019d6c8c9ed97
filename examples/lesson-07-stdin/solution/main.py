import select
import sys

print("Your name? ", end="", flush=True)
ready, _, _ = select.select([sys.stdin], [], [], 5)
name = sys.stdin.readline().strip() if ready else "stranger"
print(f"Hello, {name}.")

print("The rest:", sys.stdin.read().split())
print("At the end:", repr(sys.stdin.readline()))
