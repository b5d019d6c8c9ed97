# The declaration is bank.wit; the class has the name of its resource.


class Account:
    def __init__(self, owner):
        self.owner, self.cents, self.listeners = owner, 0, []

    def book(self, cents):
        if self.cents + cents < 0:
            raise ValueError(f"{self.owner} has only {self.cents}")
        self.cents += cents
        for listener in self.listeners:
            listener(cents)
        return self.cents

    def watch(self, listener):
        self.listeners.append(listener)
