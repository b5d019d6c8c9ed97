import amphi
import bank
import text

print(text.words("The cat saw the Ödland, the cat left."))
print(text.factorial(25))
print(text.sorted(["ccc", "a", "bb"], len), text.adder(2)(40))
try:
    text.fail("too far")
except ValueError as error:
    print("ValueError:", error)

account = bank.Account("Ada")
account.watch(lambda cents: print("booked", cents))
account.book(1000)
print("left", account.book(-320))
print([(booking.booking_kind.name, booking.cents) for booking in account.bookings()])
try:
    account.book(-5000)
except amphi.HostError as error:
    print("refused:", error)
