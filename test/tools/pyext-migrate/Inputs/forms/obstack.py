import obstack

try:
    obstack.fail("no")
except obstack.error as error:
    assert str(error) == "no"
else:
    raise AssertionError
