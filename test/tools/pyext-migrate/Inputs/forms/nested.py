import nested as m

assert m.pair() == m.pair() and m.pair().second == 2
assert m.triple().only == 3
assert m.inner.__name__ == "nested.inner" and m.inner.__doc__ == "What is within." and m.inner.fail.__doc__ == "Fails."
assert m.inner.fail.__module__ == "nested.inner"
assert type(m.inner.leaf()) is m.inner.Leaf
try:
    m.inner.fail()
except m.Error as error:
    assert str(error) == "failed"
else:
    raise AssertionError
