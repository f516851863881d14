import late

assert repr(late.bag(1)) == "<bag of 1>" and len(late.bag(1)) == 1 and len(late.bag(None)) == 0
try:
    type(late.bag(1))()
except TypeError:
    pass
else:
    raise AssertionError
