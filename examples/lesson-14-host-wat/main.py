import inspect

import temperature

print(inspect.signature(temperature.to_fahrenheit))

for celsius in (-40, 0, 100):
    print(f"{celsius} C is {temperature.to_fahrenheit(celsius):.0f} F")

try:
    temperature.to_fahrenheit("warm")
except TypeError as error:
    print(error)
