import apart

assert apart.decode("12") == 12
try:
    apart.decode("x")
except apart.error as e:
    assert str(e) == "not a number" and isinstance(e, ValueError)
else:
    raise AssertionError
