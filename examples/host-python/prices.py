"""What things cost. Python imports the public functions, typed by their hints."""

from dataclasses import dataclass

_PRICES = {"tea": 250, "cake": 320}


@dataclass
class Item:
    name: str
    cents: int


def price(name: str) -> Item:
    """The item of that name."""
    if name not in _PRICES:
        raise KeyError(name)
    return Item(name, _PRICES[name])


def cheapest(names: list[str]) -> str:
    return min(names, key=lambda name: price(name).cents)
