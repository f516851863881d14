import gc

import dying

live, cleared, kept, chained, abc = dying.counts()
trees = [dying.Tree() for _ in range(9)]
assert dying.counts()[0] == live + 9
del trees
assert dying.counts()[0] == live and dying.counts()[2:4] == (4, 4) and abc.__name__ == "Sequence"


class Own(dying.Tree):
    pass


before = dying.counts()[1]
for kind in (dying.Tree, Own):
    tree = kind()
    tree.item = [tree]
    del tree
gc.collect()
assert dying.counts()[0] == live and dying.counts()[1] == before + 2

# One that the module itself holds goes with it, after its type was cleared.
dying.left = dying.Tree()
dying.left.item = dying.left
dying.own = Own()
