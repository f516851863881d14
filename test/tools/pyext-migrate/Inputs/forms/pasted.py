import pasted

box = pasted.Box(True)
assert (box.width, box.name) == (2, "wide")
assert (pasted.Box().width, pasted.Box().name) == (1, "narrow")
assert box.fit(2)
assert box.same(box) and not box.same(None)
try:
    box.fit(3)
except pasted.error as error:
    assert str(error) == "too wide"
else:
    raise AssertionError
