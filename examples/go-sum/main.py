import sum

print(sum.sum(12, 12))
