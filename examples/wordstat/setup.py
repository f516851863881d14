from setuptools import Extension, setup

setup(
    py_modules=[],
    ext_modules=[
        Extension("wordstat", ["wordstat.c"]),
        Extension("wordstat_ported", ["wordstat_ported.c"]),
    ],
)
