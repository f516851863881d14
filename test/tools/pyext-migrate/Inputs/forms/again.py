import again

assert type(again.poll()).__name__ == "Poll"
assert type(again.Box()).__name__ == "Box"
try:
    again.fail()
except again.error as error:
    assert str(error) == "failed"
else:
    raise AssertionError
