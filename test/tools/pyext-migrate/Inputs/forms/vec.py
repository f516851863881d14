import gc
import sys
import weakref

import vec

V = vec.Vec
v = V([1, 2, 3], "n")
assert vec.sum(v) == 6 and v.name == "n" and (list(v) == [1, 2, 3]) and (len(v) == 3)
assert V([]) is V([]) and bytes(v)[:8] == b"\x00" * 6 + b"\xf0?"
h = v.head(2)
assert h.parent is v and list(h) == [1, 2]
assert list(v * 2) == [2, 4, 6] and list(2 * v) == [2, 4, 6]
for f in (lambda: vec.sum(1), lambda: v.head(9), lambda: vec.unit(5)):
    try:
        f()
    except vec.error:
        pass
    else:
        raise AssertionError
assert vec.unit(1) is vec.unit(1)

class W(V):
    pass
w = W([1, 2])
w.me = w
assert vec.sum(w) == 3 and list(w * 3) == [3, 6]
c = vec.Caller(max)
assert c(1, 2) == 2
try:
    c(1, 2, 3)
except vec.error:
    pass
else:
    raise AssertionError
c.x = c
assert weakref.ref(c)() is c
try:
    type(iter(v))()
except TypeError:
    pass
else:
    raise AssertionError
try:
    V.x = 1
except TypeError:
    pass
else:
    raise AssertionError
del w, c
gc.collect()
r = sys.getrefcount(V)
l = [V([1]) for _ in range(50)] + [iter(v) for _ in range(9)] + [v.head(1) for _ in range(9)] + [v * 2 for _ in range(9)]
del l
assert sys.getrefcount(V) == r
vec.keep = V([3]).head(1)
vec.it = iter(v)
vec.c = vec.Caller(vec.sum)
