import in_javascript
import in_python
import in_wat

for a, b in [(1071, 462), (17, 5), (2**32 - 1, 3)]:
    answers = [body.gcd(a, b) for body in (in_python, in_javascript, in_wat)]
    print(f"gcd({a}, {b}) =", *answers)
