import shared

assert repr(shared.Thing(int)) == "<thing>" and shared.is_thing(shared.Thing(1)) and not shared.is_thing(1)
shared.set_verbose(True)
assert repr(shared.Thing(int)) == "<thing of int>"
shared.set_verbose(False)
