import text

TITLE = "Mountains over the wide clouds"

words = text.words(TITLE)
print("words:", len(words))

longest = text.longest(words)
print("longest:", longest["found"])
print("given:", words, "kept by JavaScript:", longest["left"])

for number in (4, 5):
    half = text.half(number)
    print(number, "/ 2 is", half, type(half).__name__)
print("2 ** 100 is", text.power(2, 100))

print("slug:", text.slug(TITLE))
