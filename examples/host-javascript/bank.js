// The declaration is bank.wit; names are in camel case here, and 64-bit integers are bigints.

export class Account {
  #listeners = [];
  #left = 0n;

  constructor(owner) {
    this.owner = owner;
    this.booked = [];
  }

  book(cents) {
    if (this.#left + cents < 0n) throw new Error(`${this.owner} has only ${this.#left}`);
    this.#left += cents;
    const booking = {
      bookingKind: cents < 0n ? "paid-out" : "paid-in",
      cents: Number(cents < 0n ? -cents : cents),
    };
    this.booked.push(booking);
    for (const listener of this.#listeners) listener(cents);
    return this.#left;
  }

  bookings() {
    return this.booked;
  }

  watch(listener) {
    this.#listeners.push(listener);
  }
}
