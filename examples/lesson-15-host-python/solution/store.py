"""What is in store. Its public functions are what the program imports, typed by their hints."""

from dataclasses import dataclass

_stock = {"tea": 12, "cake": 3}


@dataclass
class Item:
    name: str
    count: int


def take(name: str, count: int = 1) -> Item:
    """Takes something out, and tells what is left of it."""
    if count > _stock[name]:
        raise ValueError(f"only {_stock[name]} of {name}")
    _stock[name] -= count
    with open("journal.txt", "a") as journal:
        print(name, file=journal)
    return Item(name, _stock[name])
