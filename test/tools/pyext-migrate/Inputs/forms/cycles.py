import gc
import sys
import weakref

import cycles


class Thing:
    pass


def unseen():
    """Cycles that nothing can take apart in an order that is good: they stay, as before."""
    for first in (True, False):
        for _ in range(20):
            chain = cycles.Chain()
            if first:
                chain["itself"] = chain
            for number in range(5):
                chain[number] = Thing()
            if not first:
                chain["itself"] = chain
            assert isinstance(chain[3], Thing)
            del chain
            gc.collect()
    for _ in range(20):
        stack = cycles.Stack(1, Thing(), 3)
        stack.put(stack)
        del stack
        gc.collect()


# They keep the module.
if not hasattr(sys, "cycles_were_seen"):
    sys.cycles_were_seen = True
    unseen()
chain = cycles.Chain()
chain["x"] = Thing()
assert isinstance(chain["x"], Thing)
cycles.chain = cycles.Chain()

# In a cycle that is found by the collector of a dict, as before.
table, thing = cycles.Table(a=1), Thing()
table["table"], table["thing"], seen = table, thing, weakref.ref(thing)
del table, thing
gc.collect()
assert seen() is None

pair = cycles.Pair(Thing(), [])
seen = weakref.ref(pair)
del pair
assert seen() is None
