import amphi
import bank

# An exception that is Python's own keeps its kind.
try:
    bank.pay("Eve", 1)
except KeyError as error:
    print("KeyError:", error)


# One of the script's passes through the host, and comes back as itself.
class Enough(Exception):
    pass


enough = Enough("one is enough")


def visit(name):
    if name == "Bob":
        raise enough
    print("greeted", name)


try:
    bank.each(visit)
except Enough as error:
    print("the same object:", error is enough)

# What is declared as an err has data, of the type that is declared.
try:
    bank.pay("Ada", 130)
except amphi.HostError as error:
    print(f"{error.data.case}: {error.data.value} more are needed")
except ValueError as error:
    print("ValueError:", error)
