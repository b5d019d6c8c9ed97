import os

import store

print(store.take("tea", 2))
print(store.take("cake"))

for name, count in [("cake", 5), (3, 1)]:
    try:
        store.take(name, count)
    except ValueError as error:
        print("ValueError:", error)
    except TypeError as error:
        print(error)

print("the script can see the stock:", hasattr(store, "_stock"))
print("the script can see a journal:", "journal.txt" in os.listdir())
