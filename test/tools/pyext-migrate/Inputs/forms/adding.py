import sys

import adding

assert adding.kind(adding.Even()) is adding.Even and adding.kind(adding.Odd()) is adding.Odd and adding.kind(1) is None
assert issubclass(adding.Prime, adding.Even) and adding.Prime().value == 0
for kind in (adding.Even, adding.Odd, adding.Prime):
    before = sys.getrefcount(kind)
    many = [kind() for _ in range(9)]
    del many
    assert sys.getrefcount(kind) == before
