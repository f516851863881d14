import gc
import sys

import hashes


class Own(hashes.Sum):
    pass


class Bare(hashes.Sum):
    __slots__ = ()


before = hashes.made()
for _ in range(100):
    h = hashes.Hash()
    h.update(7)
    assert h.copy().digest() == ("digest", 7)
    own = Own()
    own.itself = own, Bare()
    assert [len(x) for x in (hashes.Sum(), own, Bare())] == [3, 3, 3]
del own
gc.collect()
assert hashes.made() == before + 500 or hashes.made() == before + 400, (before, hashes.made())
try:
    h.update(1001)
except hashes.HashError:
    pass
else:
    raise AssertionError
# As before: 16 bytes less than with a collector.
assert not gc.is_tracked(h) and not gc.is_tracked(hashes.Sum()) and sys.getsizeof(h) == hashes.Hash.__basicsize__
used = sys.getrefcount(hashes.Hash), sys.getrefcount(Bare), sys.getrefcount(hashes.Sum)
for _ in range(100):
    hashes.Hash().copy(), Bare(), hashes.Sum()
assert used == (sys.getrefcount(hashes.Hash), sys.getrefcount(Bare), sys.getrefcount(hashes.Sum))
