import raised as m

try:
    m.add("a")
except m.Error as error:
    assert error.args == ("a",) or error.args[0] == "a" or error.args == (["a"],), error.args
else:
    raise AssertionError
