"""A basket, for whoever embeds this script."""

from dataclasses import dataclass

import amphi


@dataclass
class Line:
    name: str
    cents: amphi.u32


basket: list[Line] = []


@amphi.export
def add(name: str, cents: amphi.u32, count: int = 1) -> int:
    """Puts something into the basket, and tells how many lines it has."""
    basket.extend([Line(name, cents)] * count)
    return len(basket)


@amphi.export
def lines() -> list[Line]:
    """What is in the basket."""
    return basket


@amphi.export
def total() -> str:
    """What it costs."""
    return f"{sum(line.cents for line in basket) / 100:.2f}"


# To the script they are functions as before.
print(add("tea", 250))
print(add("cake", 320, 2))
print(total())
