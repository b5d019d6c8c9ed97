import os
import random

# Each of these is a call of `random_get`.
print("from the host:", os.urandom(4).hex(), os.urandom(4).hex())

# A generator with a seed of its own says the same in every run, on every machine.
print("from a seed:", random.Random(2024).sample(range(100), 5))

# Python's common generator was seeded by the host when the interpreter started.
print("from Python:", random.sample(range(100), 5))

cards = [rank + suit for suit in "♣♦♥♠" for rank in "789TJQKA"]
print("dealt:", *random.sample(cards, 5))
