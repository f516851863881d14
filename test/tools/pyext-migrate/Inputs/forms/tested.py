import gc
import weakref

import tested


class Own(tested.Row):
    pass


for kind in (tested.Row, Own):
    row = kind(size=3)
    assert len(row) == 3 and row[1] == 0 and weakref.ref(row)() is row
    try:
        row[3]
        raise AssertionError("no IndexError")
    except IndexError:
        pass
    assert len(row + row) == 6
    del row
assert tested.version() == 99
edition = tested.edition(5)
assert edition.version() == 5 and edition.edition(6).version() == 6
try:
    tested.fail()
    raise AssertionError("it does not fail")
except tested.error as error:
    assert str(error) == "failed"

item, chain = [], tested.Chain()
for each in (item, chain):
    chain.add(each)
assert not any(type(o).__name__ == "Link" for o in gc.get_objects())
del chain
gc.collect()
item.append(1)
assert item == [1]
assert tested.stamp(7).when == 7
