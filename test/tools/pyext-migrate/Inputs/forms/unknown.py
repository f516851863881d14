import unknown as m

try:
    m.Box().fail()
except m.Error as error:
    assert str(error) == "failed"
else:
    raise AssertionError
