import amphi
from bank import Problem

_left = {"Ada": 100, "Bob": 50}


def each(visitor):
    for owner in _left:
        visitor(owner)


def pay(owner, amount):
    if amount > _left[owner]:
        raise ValueError("not enough")
    _left[owner] -= amount
    return _left[owner]
