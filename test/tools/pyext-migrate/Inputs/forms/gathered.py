import gathered

try:
    gathered.fail("text")
except gathered.Error as e:
    assert e.args == ("text",)
else:
    raise AssertionError
