import halves

assert type(halves.thing()) is halves.Thing is type(halves.Thing())
