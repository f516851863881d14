import sys
import texts

one, two = texts.one(), texts.two()
both = one | two
assert int(both) == 3 and int(one & two) == 0
both |= one
assert int(both) == 3
assert type(both) is texts.Number
try:
    1 | both
except TypeError:
    pass
else:
    raise AssertionError("1 | both")
texts.cursor()
count = sys.getrefcount(texts.Number)
for _ in range(100):
    one | two
assert sys.getrefcount(texts.Number) == count
