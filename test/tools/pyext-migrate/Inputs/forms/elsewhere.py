import elsewhere

try:
    elsewhere.File().open()
except elsewhere.error as error:
    assert str(error) == "open"
else:
    raise AssertionError
assert elsewhere.__doc__ == "Files."
