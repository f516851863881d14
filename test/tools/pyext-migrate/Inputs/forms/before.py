import before as m

assert m.get() == ("__name__", "_other", "kind") and m.one == 1
assert m.counted() == 5 and m.counted() == 6
assert repr(m.Box()) == "_other" and m.Box().name() == "__name__"
