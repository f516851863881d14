import earlier

assert earlier.TWO == 2 and type(earlier.Pair()) is earlier.Pair
assert earlier.names == [] and earlier.none is None
