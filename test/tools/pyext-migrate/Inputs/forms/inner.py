import inner

assert inner.make(inner.Item()) is inner.make(inner.Item())
assert type(inner.make(inner.Item())).__name__ == "Node"
try:
    inner.make(1)
except inner.error:
    pass
else:
    raise AssertionError
