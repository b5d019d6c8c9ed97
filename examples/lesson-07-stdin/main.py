import sys

print("Your name? ", end="", flush=True)
name = sys.stdin.readline().strip()
print(f"Hello, {name}.")

print("The rest:", sys.stdin.read().split())
print("At the end:", repr(sys.stdin.readline()))
