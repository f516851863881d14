import porting

try:
    porting.fail()
except Exception as error:
    assert type(error).__name__ == "Error" and str(error) == "something bad happened"
else:
    raise AssertionError
