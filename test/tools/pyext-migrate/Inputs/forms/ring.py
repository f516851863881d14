import gc
import sys

import ring

R = ring.Ring
ring.set_defaults(False, 100)
n = ring.count()
r = R(2, "x")
assert r.push(1) and r.push(r) and (not r.push(3)) and (len(r) == 2) and (r.name == "x")
l = []
r.copy_to(l)
assert l == [1, r]
q = R()
q.extend(r)
assert len(q) == 2
try:
    q.extend(3)
except TypeError:
    pass
else:
    raise AssertionError
ring.set_defaults(True, 3)
try:
    R(4)
except ring.RingError as e:
    assert "limit 4 is more than 3" in str(e)
else:
    raise AssertionError
t = R(0)
try:
    t.push(1)
except ring.RingError:
    pass
else:
    raise AssertionError
try:
    t.pop()
except ring.RingError:
    pass
else:
    raise AssertionError

class S(R):
    pass
s = S(3)
s.push(s)
del r, q, t, l, s
gc.collect()
assert ring.count() == n, (ring.count(), n)
c = sys.getrefcount(R)
l = [R(1) for _ in range(20)]
del l
assert sys.getrefcount(R) == c
ring.keep = R(3)
ring.keep.push(ring.keep)
