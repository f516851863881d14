import blocks

assert blocks.cached(3) == b"012"
assert blocks.cached(3) is blocks.cached(3)
assert blocks.cached(99) == () and blocks.cached(12) == 1
assert blocks.stats().limit == 9 and type(blocks.stats()) is blocks.stats_type
blocks.set_limit(12)
assert len(blocks.cached(12)) == 12 and blocks.stats().limit == 12
blocks.set_limit(9)
