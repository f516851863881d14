# How lit runs the tests of one build tree. Several trees fit into one run: lit build/llvm-19/test build/llvm-22/test
#
#   lit build/llvm-19/test/refs            one folder
#   lit --param product=plugin ...         checks run in the stock clang-tidy with the plugin instead of in the driver
#
# Features a test can require: llvm-<major>, python-<version> (a header set), product-driver or product-plugin.

import glob
import hashlib
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

import lit.formats

if not hasattr(config, "pyext_tidy"):
    lit_config.fatal("run lit on a build tree (lit build/llvm-19/test); the source tree alone does not say which build to test")

config.name = "pyext-tidy, LLVM " + config.llvm_version
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".c", ".cpp", ".test"]
config.excludes = ["Inputs", "corpus", "fuzz"]

product = lit_config.params.get("product", "driver")
if product not in ("driver", "plugin"):
    lit_config.fatal("--param product=%s: expected driver or plugin" % product)

# Every header set that tests use by default must be there: a test is never skipped because of a missing one.
REQUIRED_PYTHONS = ("3.11", "3.13", "3.14", "3.15")
for version in REQUIRED_PYTHONS:
    header = os.path.join(config.python_headers, "root-" + version, "usr", "include", "python" + version, "Python.h")
    if not os.path.exists(header):
        lit_config.fatal("%s does not exist; tools/house/fetch_python_headers.py fetches the headers of Python" % header)
    config.available_features.add("python-" + version)

# An installed LLVM has no folder of its own for clang-tidy and clangd; they are beside the other tools.
clang_tidy = os.path.join(config.llvm_tools_dir, "clang-tidy")
filecheck = os.path.join(config.llvm_tools_dir, "FileCheck")
config.pyext_migrate = os.path.join(os.path.dirname(config.pyext_tidy), "pyext-migrate")
for path in (config.pyext_tidy, config.pyext_clangd, config.pyext_migrate, config.plugin, clang_tidy, filecheck):
    if not os.path.exists(path):
        lit_config.fatal("%s does not exist; build first" % path)

config.available_features.add("llvm-" + config.llvm_version)
config.available_features.add("product-" + product)

check_py = [
    sys.executable,
    os.path.join(config.test_source_root, "check.py"),
    "--driver=" + config.pyext_tidy,
    "--clang-tidy=" + clang_tidy,
    "--plugin-library=" + config.plugin,
    "--filecheck=" + filecheck,
    "--python-headers=" + config.python_headers,
    "--inputs=" + os.path.join(config.test_source_root, "Inputs"),
    "--product=" + product,
]


def include_flags(version):
    """Compiler flags for one header set, for tests that call a tool themselves."""
    include = os.path.join(config.python_headers, "root-" + version, "usr", "include")
    return "-isystem %s -isystem %s" % (os.path.join(include, "python" + version), include)


lsp_py = [sys.executable, os.path.join(config.test_source_root, "tools", "pyext-clangd", "lsp.py")]
lsp_py += ["--flag=" + flag for flag in shlex.split(include_flags("3.13"))]

# A folder for tests of how a tool finds flags and configuration: above %t are the compile_commands.json of the build tree and
# the .clang-tidy of the repository.
outside = os.path.join(tempfile.gettempdir(), "pyext-tidy-test-" + hashlib.sha256(config.test_exec_root.encode()).hexdigest()[:12])
os.makedirs(outside, exist_ok=True)

# A clang-tidy of another LLVM major, to see the plugin refuse it.
for version in ("19", "22", "14"):
    other_tidy = shutil.which("clang-tidy-" + version)
    if other_tidy and version != config.llvm_version:
        config.available_features.add("other-clang-tidy")
        config.substitutions.append(("%other_tidy", other_tidy))
        break

# The schema that reports are held against. tools/house/test has fetched it; a tree that was built otherwise does so now.
sarif_schema = os.path.join(config.project_root, "build", "sarif-2.1.0.json")
if not os.path.exists(sarif_schema):
    subprocess.run([os.path.join(config.project_root, "tools", "house", "fetch_sarif_schema")], stdout=subprocess.DEVNULL)
if not os.path.exists(sarif_schema):
    lit_config.fatal("%s does not exist; tools/house/fetch_sarif_schema fetches it" % sarif_schema)

# Interpreters besides the one that runs the tests, for tests that load extensions: those that
# tools/house/fetch_python_interpreters.py has put beside the headers, or what the environment names.
if "PYEXT_TEST_INTERPRETERS" in os.environ:
    config.environment["PYEXT_TEST_INTERPRETERS"] = os.environ["PYEXT_TEST_INTERPRETERS"]
else:
    unpacked = sorted(glob.glob(os.path.join(config.python_headers, "bin", "python3.[0-9][0-9]")))
    config.environment["PYEXT_TEST_INTERPRETERS"] = os.pathsep.join(unpacked)

# mkdocs, for the documentation site: tools/house/docs --only-install.
if os.path.exists(os.path.join(config.project_root, "build", "docs-venv", "bin", "mkdocs")):
    config.available_features.add("mkdocs")

# What tools/house/ci_tools installs, and other things that a machine may not have.
ci_tools = os.path.join(config.project_root, "build", "ci-tools")
other_tree = os.path.join(config.project_root, "build", "llvm-" + ("22" if config.llvm_version == "19" else "19"))
for feature, path in (
    ("codechecker", os.path.join(ci_tools, "venv", "bin", "CodeChecker")),
    ("ctcache", os.path.join(ci_tools, "ctcache", "src", "ctcache", "clang_tidy_cache.py")),
    ("run_clang_tidy", os.path.join(config.llvm_tools_dir, "run-clang-tidy")),
    ("other-tree", os.path.join(other_tree, "bin", "pyext-tidy")),
    ("cmake", shutil.which("cmake")),
):
    if path and os.path.exists(path):
        config.available_features.add(feature)
        if feature != "cmake":
            name = "%" + feature.replace("-", "_")
            config.substitutions.append((name, other_tree if feature == "other-tree" else path))

# A header of compiler-rt, which Debian has in a package of its own.
if glob.glob(os.path.join(os.path.dirname(config.llvm_tools_dir), "lib", "clang", "*", "include", "fuzzer", "FuzzedDataProvider.h")):
    config.available_features.add("fuzzer-headers")

# Debian has the part of Python that makes environments in a package of its own.
if importlib.util.find_spec("ensurepip"):
    config.available_features.add("venv")

# A wheel to try: --param wheel=FILE.
wheel = lit_config.params.get("wheel")
if wheel:
    config.available_features.add("wheel")
    config.substitutions.append(("%wheel", os.path.abspath(wheel)))

config.substitutions += [("%python-" + version.replace(".", r"\."), include_flags(version)) for version in REQUIRED_PYTHONS]
config.substitutions += [
    ("%check_tidy", shlex.join(check_py)),
    ("%pyext_tidy", config.pyext_tidy),
    ("%pyext_clangd", config.pyext_clangd),
    ("%pyext_migrate", config.pyext_migrate),
    ("%clang_tidy", clang_tidy),
    ("%clang", os.path.join(config.llvm_tools_dir, "clang")),
    ("%llvm_include", config.llvm_include_dir),
    ("%outside", outside),
    ("%plugin", config.plugin),
    ("%sarif_schema", sarif_schema),
    ("%python_headers", config.python_headers),
    ("%python", sys.executable),
    ("%root", config.project_root),
    # What an editor gets of a file: %lsp FILE -- %pyext_clangd [ARGUMENT]...
    ("%lsp_bare", shlex.join(lsp_py[:2])),
    ("%lsp", shlex.join(lsp_py)),
    ("%house", os.path.join(config.project_root, "tools", "house")),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
]
if config.sanitize:
    # LLVM is not instrumented: containers it has filled look overflown, and it frees nothing at the end. The stock clang-tidy cannot
    # load an instrumented plugin.
    config.environment["ASAN_OPTIONS"] = "detect_leaks=0:detect_container_overflow=0:detect_odr_violation=0:allow_user_poisoning=0"
    config.environment["UBSAN_OPTIONS"] = "print_stacktrace=1"
    config.excludes += ["plugin", "facts-file.test", "options.test", "bad-config.test", "run-clang-tidy.test"]
config.environment["PATH"] = os.pathsep.join((config.llvm_tools_dir, config.environment.get("PATH", "")))
