import gc
import sys

import bag

B = bag.Bag
b = B("me", x=1)
assert b["x"] == 1 and bag.owner_of(b) == "me" and (bag.owner_of(B()) is bag)
b["y"] = 2
assert b.stamp().day == 2
try:
    b["z"] = b
except bag.BagError as e:
    assert e.args == ("z",)
else:
    raise AssertionError
c = b.cursor(3)
assert c.y == 2 and repr(c).startswith("<cursor 3 of ")
try:
    c.nope
except bag.BagError as e:
    assert "nope" in str(e)
else:
    raise AssertionError
for f in (lambda: b.cursor(-1), lambda: B().stamp(), lambda: B(b)):
    try:
        f()
    except bag.BagError:
        pass
    else:
        raise AssertionError
e = bag.BagError("a", 5)
assert e.code == 5 and e.args == ("a", 5)
e.code = e
del e
gc.collect()
assert bag.next_serial() >= 1000 and bag.get_name() == "bag"
try:
    bag.owner_of(3)
except TypeError:
    pass
l = b.label("hi")
assert type(l) is bag.Label and l == "hi"
try:
    type(c)()
except TypeError:
    pass
else:
    raise AssertionError

class C(B):
    pass
q = C("o")
q.z = q
del q
gc.collect()
try:
    raise bag.BagError("x", 1)
except Exception as e:
    assert e.code == 1
bag.set_debug(False)
B()
r = sys.getrefcount(B)
l = [B() for _ in range(9)] + [b.cursor() for _ in range(9)]
del l
assert sys.getrefcount(B) == r
r = sys.getrefcount(bag.Label)
l = [b.label("q") for _ in range(9)]
del l
assert sys.getrefcount(bag.Label) == r
bag.keep = B("k")
bag.cur = B().cursor()
bag.lab = b.label("x")
bag.err = bag.BagError("x", 2)
