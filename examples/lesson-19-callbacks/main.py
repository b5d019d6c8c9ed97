import finder


def enough(number):
    print(f"is {number} enough?")
    return number * number >= 2000


# The host calls `enough` while it is called itself.
remembered = finder.memory()
print("found", finder.find(1, 100, enough))

# And a function of the host's is a function here.
print("remembered", remembered())
