import gc
import pickle
import sys
import weakref

import geo

P = geo.Point
a = P(1, 2)
b = P(3, 4)
assert (a + b).x == 4 and a != b and (a == P(1, 9)) and (hash(a) == 1)
assert a.__add__(1) is NotImplemented
assert (a ** 5).y == 5
try:
    pow(2, 3, a)
    raise AssertionError("no TypeError")
except TypeError:
    pass
try:
    1 + a
except TypeError:
    pass
else:
    raise AssertionError
w = weakref.ref(a)
assert w() is a
assert P.from_list([1, 2]).y == 2 and P.is_point(a) and (not P.is_point(3))
assert P.ONE.x == 1
try:
    P().unit
except geo.EmptyError as e:
    assert isinstance(e, geo.GeoError)
else:
    raise AssertionError
assert a.unit.x == 1 and a.right.y == 0
q = geo.Point3(1, 2, 3)
q.foo = 4
assert q.foo == 4 and isinstance(q, P) and ((q + a).x == 2)
try:
    geo.Point3(1, 2, -3)
except geo.GeoError as e:
    assert "negative depth -3" in str(e)
x = geo.box(a, b)
assert len(x) == 2 and x[1] is b and (a in x) and geo.is_box(x) and (not geo.is_box(1))
try:
    geo.box(a, 3)
except geo.GeoError:
    pass
else:
    raise AssertionError
try:
    geo.box(3, a)
except TypeError:
    pass
try:
    type(x)()
except TypeError:
    pass
else:
    raise AssertionError
assert [p.x for p in geo.sorted([b, a])] == [1, 3]
try:
    geo.sorted([1])
except geo.GeoError as e:
    assert str(e) == "item 0 is not a point"
assert geo.origin() is geo.origin() and (not geo.origin())

class S(geo.Point3):
    __slots__ = ("z",)
s = S(1, 2, 3)
s.z = s
del s

class T(P):
    pass
t = T(1, 2)
t.k = t
assert (t + t).x == 2
del t
gc.collect()
assert pickle.loads(pickle.dumps(P(5, 6))).x == 5
n = geo.count(1e-09)
try:
    P.zzz = 1
except TypeError:
    pass
else:
    raise AssertionError
r = sys.getrefcount(P)
l = [P() for _ in range(100)]
l = [a + b for _ in range(100)]
l = [geo.box(a, b) for _ in range(100)]
l = [geo.Point3() for _ in range(10)]
del l
assert sys.getrefcount(P) == r, (r, sys.getrefcount(P))
geo.keep = P(1, 2)
geo.keep.tag = geo.keep
geo.keep3 = geo.Point3()
geo.keepbox = geo.box(a, b)
