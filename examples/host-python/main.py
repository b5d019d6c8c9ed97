import os

import bank
import prices

print(prices.price("tea"), prices.cheapest(["cake", "tea"]))
try:
    prices.price("gold")
except KeyError as error:
    print("no price for", error)

account = bank.Account("Ada")
account.watch(lambda cents: print("booked", cents))
account.book(1000)
print("left", account.book(-prices.price("cake").cents))
try:
    account.book(-5000)
except ValueError as error:
    print("refused:", error)

# The bodies are beside this script, but their state is out of its reach.
print(hasattr(prices, "_PRICES"), "bank.py" in os.listdir())
