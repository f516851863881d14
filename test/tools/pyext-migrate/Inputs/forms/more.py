import more as m

try:
    m.fail()
except m.Error as error:
    assert str(error) == "failed"
else:
    raise AssertionError
