# Computing needs nobody else: these steps cross no boundary.
total = 0
for number in range(100_000):
    total += number * number

# What is to be seen outside needs the host: each line becomes one call of `fd_write`.
print("The sum is", total, flush=True)
print("It was computed inside the guest.", flush=True)
