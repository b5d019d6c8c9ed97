import sys

name = input("Your name? ")
age = int(input("Your age? "))
print(f"Hello, {name}: next year you will be {age + 1}.")

rest = sys.stdin.readlines()
print(f"And {len(rest)} more lines:")
for line in rest:
    print(" ", line.rstrip("\n").upper())
