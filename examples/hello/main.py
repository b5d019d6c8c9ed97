import demo

print(demo.demo(1, 2))
