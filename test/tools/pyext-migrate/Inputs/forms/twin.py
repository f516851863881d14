import twin as m

assert m.check(m.Kind()) and not m.check(1) and not m.check_other(m.Kind())
assert list(m.count_down(3)) == [3, 2, 1]
