import demo

print(demo.bar())
print(demo.demo(1, 2))
try:
    demo.demo("one", 2)
except TypeError as error:
    print(error)
