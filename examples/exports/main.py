"""A shop's basket, for whoever embeds this script."""

from dataclasses import dataclass

import amphi


@dataclass
class Line:
    name: str
    cents: int


basket: list[Line] = []


@amphi.export
def add(name: str, cents: amphi.u32, twice: bool) -> int:
    """Puts something into the basket, and tells how many lines it has."""
    if not name:
        raise ValueError("what is it?")
    basket.extend([Line(name, cents)] * (2 if twice else 1))
    return len(basket)


@amphi.export
def lines() -> list[Line]:
    """What is in the basket."""
    return basket


@amphi.export
def total() -> str:
    """What it costs."""
    print("adding up", len(basket), "lines")
    return f"{sum(line.cents for line in basket) / 100:.2f}"


print("3 functions are ready")
