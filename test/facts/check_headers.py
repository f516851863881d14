#!/usr/bin/env python3
"""Holds the rows of checks/facts against real headers.

    check_headers.py --facts DIR --python-headers DIR --clang CLANG [--python VERSION...]

Every Python version is looked at with and, from 3.13 on, without the GIL. For each of them this writes a C and a C++ file
with a few lines per row, lets clang parse them once, and takes the errors clang reports (or does not report) in the lines of
a row as the answer. What is asked:

  Apis                   in exactly the versions the row says: declared; of that kind; declared by the Limited API it names
  AstAliases             the macro's definition names the callee in exactly the versions the row says
  every argument index   the parameter exists and has a fitting type: an object, a pointer to an object pointer, a lock
  BorrowedReferences     the replacement has the signature the shape promises
  BorrowedFields         the struct has the field; a "*" row's struct is opaque
  TypeSlots              3.15 has the field, it is a function exactly when the role is one, and no slot is missing
  ObjectStructs          a complete struct begins with an object header
  C, POSIX and C++ rows  this machine's headers declare the name

Rows of other origins are not looked at. One line per row that does not hold; the exit status is 1 if there is one.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Dict, List, NamedTuple, Optional, Tuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from rows import Row, RowError, cpython, read  # noqa: E402

VERSIONS = ("3.11", "3.13", "3.14", "3.15")
HEADERS = "".join(f"#include <{name}>\n" for name in ("Python.h", "structmember.h", "datetime.h", "frameobject.h", "marshal.h"))

C_PRELUDE = "struct pyext_probe;\n"
CXX_PRELUDE = r"""
#include <cstddef>
#include <tuple>
#include <type_traits>
template <class F> struct Signature { using Args = std::tuple<>; using Result = void; }; /* no function */
template <class R, class... A> struct Signature<R (*)(A...)> { using Args = std::tuple<A...>; using Result = R; };
template <class R, class... A> struct Signature<R (*)(A..., ...)> : Signature<R (*)(A...)> {};
template <class R, class... A> struct Signature<R (*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class F> constexpr std::size_t arity = std::tuple_size<typename Signature<F>::Args>::value;
template <std::size_t I, class F, bool = (I < arity<F>)> struct ArgOrVoid { using type = void; }; /* no such parameter */
template <std::size_t I, class F> struct ArgOrVoid<I, F, true> : std::tuple_element<I, typename Signature<F>::Args> {};
template <std::size_t I, class F> using Arg = typename ArgOrVoid<I, F>::type;
template <class F> using Result = typename Signature<F>::Result;
template <class T> constexpr bool isObject = std::is_pointer<T>::value && std::is_class<typename std::remove_pointer<T>::type>::value;
template <class T> struct IsOut : std::false_type {};
template <class T> struct IsOut<T **> : std::is_class<T> {};
template <class T> struct IsOut<T *const *> : std::is_class<T> {};
template <class T> constexpr bool isOut = IsOut<T>::value;
template <class T> constexpr bool isHandle = std::is_pointer<T>::value;
/* The original's parameters are the first ones of the replacement's. */
template <class A, class B> struct IsPrefix : std::false_type {};
template <class... B> struct IsPrefix<std::tuple<>, std::tuple<B...>> : std::true_type {};
template <class T, class... A, class... B> struct IsPrefix<std::tuple<T, A...>, std::tuple<T, B...>> : IsPrefix<std::tuple<A...>, std::tuple<B...>> {};
template <class F, class G> constexpr bool takesTheSame = IsPrefix<typename Signature<F>::Args, typename Signature<G>::Args>::value;
template <class T> struct IsFunction : std::is_function<typename std::remove_pointer<T>::type> {};
template <class T, class = void> struct BeginsWithObject : std::false_type {};
template <> struct BeginsWithObject<PyObject> : std::true_type {};
#define PYEXT_FIRST(FIELD)                                                                                                      \
  template <class T> auto first_##FIELD(int) -> BeginsWithObject<typename std::remove_cv<decltype(T::FIELD)>::type>;             \
  template <class T> std::false_type first_##FIELD(...);
PYEXT_FIRST(ob_base) PYEXT_FIRST(_base) PYEXT_FIRST(d_common) PYEXT_FIRST(base) PYEXT_FIRST(func) PYEXT_FIRST(ht_type)
template <class T>
struct BeginsWithObject<T, typename std::enable_if<(sizeof(T) > 0) && !std::is_same<T, PyObject>::value>::type>
    : std::integral_constant<bool, decltype(first_ob_base<T>(0))::value || decltype(first__base<T>(0))::value ||
          decltype(first_d_common<T>(0))::value || decltype(first_base<T>(0))::value || decltype(first_func<T>(0))::value || decltype(first_ht_type<T>(0))::value> {};
template <class T, class = void> struct IsComplete : std::false_type {};
template <class T> struct IsComplete<T, typename std::enable_if<(sizeof(T) > 0)>::type> : std::true_type {};
template <class T, bool = IsComplete<T>::value> struct ObjectIfComplete : BeginsWithObject<T> {};
template <class T> struct ObjectIfComplete<T, false> : std::true_type {};
"""


# What the class templates of C++ are looked at with.
CXX_ARGUMENTS = {
    "std::__basic_future": "<int>",
    "std::barrier": "<>",
    "std::future": "<int>",
    "std::shared_future": "<int>",
    "std::shared_lock": "<std::shared_timed_mutex>",
    "std::unique_lock": "<std::timed_mutex>",
}


class Headers(NamedTuple):
    """One version of Python in one configuration."""

    version: str
    free_threaded: bool
    flags: Tuple[str, ...]

    @property
    def minor(self) -> int:
        return int(self.version[2:])

    def __str__(self):
        return self.version + ("t" if self.free_threaded else "")


class Probe:
    """Lines of a source file, each of which is about one row."""

    def __init__(self, prelude: str):
        self.lines = prelude.splitlines()
        self.asked: Dict[int, tuple] = {}  # line number -> (row, complaint, the error that has to be there or None)

    def ask(self, row: Row, complaint: str, *lines: str, error: Optional[str] = None):
        for line in lines:
            self.lines.append(line)
            self.asked[len(self.lines)] = (row, complaint, error)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


class Checker:
    def __init__(self, arguments):
        self.clang = arguments.clang
        self.tables = read(arguments.facts)
        self.apis = {row["Name"]: row for row in self.tables["Apis"]}
        self.complaints = set()
        self.folder = arguments.python_headers
        self.versions = arguments.python or VERSIONS
        self.sets = []
        for version in self.versions:
            include = os.path.join(self.folder, "root-" + version, "usr", "include")
            if not os.path.exists(os.path.join(include, "python" + version, "Python.h")):
                raise RowError(f"{include}/python{version}/Python.h: no such file; tools/house/fetch_python_headers.py fetches it")
            flags = ("-isystem", os.path.join(include, "python" + version), "-isystem", include)
            self.sets.append(Headers(version, False, flags))
            if int(version[2:]) >= 13:
                self.sets.append(Headers(version, True, flags + ("-DPy_GIL_DISABLED=1",)))
        self.macros: Dict[Headers, Dict[str, tuple]] = {}
        self.known_tags: Optional[set] = None

    # Running clang

    def run(self, probe: Probe, language: str, flags: Tuple[str, ...], where: str, name: str):
        """Parses a probe and complains about the rows whose lines give the wrong answer."""
        standard = {"c": "-std=gnu17", "c++": "-std=gnu++20"}[language]
        command = [self.clang, "-fsyntax-only", "-x", language, standard, "-w", "-ferror-limit=0", "-fno-caret-diagnostics"]
        done = subprocess.run([*command, *flags, "-"], input=probe.text(), capture_output=True, text=True, check=False)
        errors: Dict[int, str] = {}
        for line in done.stderr.splitlines():
            match = re.match(r"<stdin>:(\d+):(?:\d+:)? (?:fatal )?error: (.*)", line)
            if match:
                errors.setdefault(int(match[1]), match[2])
            elif "error:" in line:
                raise RowError(f"{where}, {name}: {line}")
        for line, error in errors.items():
            if line not in probe.asked:
                raise RowError(f"{where}, {name}, line {line}: {error}\n  {probe.lines[line - 1]}")
        for line, (row, complaint, expected) in probe.asked.items():
            error = errors.get(line)
            if expected is None and error is not None:
                self.complain(row, where, f"{complaint} ({error})")
            elif expected is not None and (error is None or expected not in error):
                self.complain(row, where, complaint + (f" ({error})" if error else ""))

    def complain(self, row: Row, where: str, complaint: str):
        self.complaints.add((row.table, row.line, f"{row}: {where}: {complaint}"))

    def preprocess(self, headers: Headers, *flags: str) -> Dict[str, tuple]:
        """(parameters, text) of every macro that is defined after the headers."""
        command = [self.clang, "-x", "c", "-dM", "-E", *headers.flags, *flags, "-"]
        done = subprocess.run(command, input=HEADERS, capture_output=True, text=True, check=True)
        macros = {}
        for line in done.stdout.splitlines():
            match = re.match(r"#define (\w+)(\([^)]*\))? ?(.*)", line)
            parameters = None if match[2] is None else [p for p in match[2][1:-1].split(",") if p]
            macros[match[1]] = (parameters, match[3])
        return macros

    def read_macros(self, headers: Headers):
        self.macros[headers] = self.preprocess(headers)

    # What a row says about a version

    @staticmethod
    def exists(row: Row, headers: Headers) -> bool:
        since, removed = int(row["Since"]), int(row["Removed"])
        if row.values.get("Build") == "FreeThreaded" and not headers.free_threaded:
            return False
        return since <= headers.minor and (removed == 0 or headers.minor < removed)

    def has(self, name: str, headers: Headers) -> bool:
        return self.exists(self.apis[name], headers)

    def macro(self, name: str, headers: Headers) -> Optional[tuple]:
        """The (parameters, text) of a macro that no function of the same name stands behind in this version."""
        macro = self.macros[headers].get(name)
        return macro if macro is not None and not re.search(rf"\b{name}\b", macro[1]) else None

    def is_newest(self, row: Row, headers: Headers) -> bool:
        """Whether no later version of those looked at has the row."""
        return not any(self.exists(row, other) for other in self.sets if other.minor > headers.minor)

    # The questions

    def names(self, headers: Headers):
        """Apis: existence and kind."""
        probe = Probe(HEADERS + C_PRELUDE)
        body, tail = Probe(""), Probe("")
        body.lines = []
        for row in self.tables["Apis"]:
            name, kind = row["Name"], row["Kind"]
            if not self.exists(row, headers):
                probe.ask(row, "is declared, the row says it is not", f"#ifdef {name}", "#error is a macro", "#else",
                          f"extern struct pyext_probe {name};", "#endif")
            elif kind == "Type":
                probe.ask(row, "is no type", f"extern {name} *pyext_{name};" if not name == "_inittab" else "extern struct _inittab *pyext_inittab;")
            else:
                # A macro of one version can be a function of another.
                body.ask(row, "is not declared", f"#ifndef {name}", f"(void)sizeof(&{name});" if kind in ("Function", "Inline", "Macro")
                         else f"(void)sizeof({name});", "#endif")
                if self.is_newest(row, headers):
                    if kind == "Macro":
                        tail.ask(row, "is no macro", f"#ifndef {name}", "#error", "#endif", f"#undef {name}")
                        tail.ask(row, "is a function beside the macro", f"extern struct pyext_probe {name};")
                    elif kind in ("Function", "Inline"):
                        tail.ask(row, "is a macro only", f"#undef {name}", f"extern __typeof__(&{name}) pyext_p_{name};")
                        tail.ask(row, "is " + ("a static inline function" if kind == "Function" else "not a static inline function"),
                                 f"static __typeof__({name}) {name};", error="static declaration of" if kind == "Function" else None)
        self.join(probe, "void pyext_body(void) {", body, "}", tail)
        self.run(probe, "c", headers.flags, str(headers), "names")

    @staticmethod
    def join(probe: Probe, *parts):
        for part in parts:
            if isinstance(part, str):
                probe.lines.append(part)
                continue
            base = len(probe.lines)
            probe.lines += part.lines
            probe.asked.update({base + line: asked for line, asked in part.asked.items()})

    def limited(self, headers: Headers, minor: int):
        """Apis: the names of the Limited API at 3.minor, and those outside it, in the newest headers."""
        probe, body = Probe(HEADERS + C_PRELUDE), Probe("")
        body.lines = []
        for row in self.tables["Apis"]:
            name, since = row["Name"], int(row["LimitedSince"])
            if not self.exists(row, headers) or row["Kind"] == "Variable":
                continue
            if since == minor:
                complaint = f"Py_LIMITED_API 3.{minor} does not declare it"
                if row["Kind"] == "Type":
                    probe.ask(row, complaint, f"extern {name} *pyext_{name};")
                else:
                    value = f"(void)sizeof({name});" if row["Kind"] == "Constant" else f"(void)sizeof(&{name});"
                    body.ask(row, complaint, f"#ifndef {name}", value, "#endif")
            elif since == 0 and minor == headers.minor and row["Kind"] != "Type":
                probe.ask(row, f"Py_LIMITED_API 3.{minor} declares it", f"#ifdef {name}", "#error is a macro", "#else",
                          f"extern struct pyext_probe {name};", "#endif")
        self.join(probe, "void pyext_body(void) {", body, "}")
        flags = headers.flags + (f"-DPy_LIMITED_API=0x03{minor:02x}0000",)
        probe.lines[0:5] = ["#include <Python.h>", "#include <structmember.h>", "", "", ""]
        self.run(probe, "c", flags, f"{headers} limited to 3.{minor}", "limited")

    def arguments(self, headers: Headers):
        """Every argument index and every signature."""
        probe = Probe(HEADERS + CXX_PRELUDE)

        def parameter(row: Row, name: str, index: int, trait: str, what: str):
            """Parameter `index` of `name` satisfies a trait; of a macro it only has to exist."""
            if index < 0 or name not in self.apis or not self.has(name, headers):
                return
            macro = self.macro(name, headers)
            if macro is not None:
                parameters, text = macro
                if parameters is not None:
                    if index >= len(parameters) and "..." not in parameters:
                        self.complain(row, str(headers), f"the macro has no parameter {index}")
                    return
                if not re.fullmatch(r"\w+", text):
                    self.complain(row, str(headers), "the macro has no parameters")
                    return
                name = text  # a plain alias of a function
            function = f"decltype(&::{name})"
            probe.ask(row, f"parameter {index} is not {what}", f"static_assert({trait}<Arg<{index}, {function}>>);")

        def result(row: Row, trait: str, what: str):
            name = row["Name"]
            if self.has(name, headers) and self.macro(name, headers) is None:
                probe.ask(row, f"does not return {what}", f"static_assert({trait}<Result<decltype(&::{name})>>);")

        for row in self.tables["BorrowedReferences"]:
            trait = "isHandle" if row["Container"] == "Arguments" else "isObject"
            parameter(row, row["Name"], int(row["ContainerArg"]), trait, "an object")
            parameter(row, row["Name"], int(row["OutArg"]), "isOut", "a pointer to an object pointer")
            parameter(row, row["Name"], int(row["OutArg2"]), "isOut", "a pointer to an object pointer")
            if row["Result"] == "Return":
                result(row, "isObject", "an object")
            self.replacement(probe, row, headers)
        for row in self.tables["StolenReferences"]:
            trait = "isOut" if row["When"] == "InPlaceReplace" else "isObject" if row["What"] == "Reference" else "isHandle"
            if row["Name"] == "PyObject_GC_Resize":
                trait = "isObject"
            parameter(row, row["Name"], int(row["Arg"]), trait, "a " + ("pointer to an object pointer" if trait == "isOut" else "reference"))
        for row in self.tables["NewReferences"]:
            parameter(row, row["Name"], int(row["OutArg"]), "isOut" if "Converter" not in row["Name"] and "Decoder" not in row["Name"] else "isHandle",
                      "a pointer to an object pointer")
            if row["OutArg"] == "-1":
                result(row, "isObject", "an object")
        for table, column in (("ReferenceCounts", "Arg"), ("ContainerCalls", "Arg"), ("InteriorPointers", "OwnerArg"), ("CallEffects", "MutatesArg")):
            for row in self.tables[table]:
                parameter(row, row["Name"], int(row[column]), "isHandle", "a pointer")
        for row in self.tables["ContainerCalls"]:
            parameter(row, row["Name"], int(row["Arg"]), "isHandle" if row["Name"] in VOID_ARGUMENTS else "isOut" if row["Name"] == "_PyTuple_Resize" else "isObject", "an object")
        for row in cpython(self.tables["Locks"]):
            for column in ("LockArg", "LockArg2"):
                trait = "isHandle" if row["Kind"] == "ThreadLock" else "isObject"
                parameter(row, row["Name"], int(row[column]), trait, "a lock or an object")
        if headers.minor == max(h.minor for h in self.sets):
            for row in self.tables["TypeSlots"]:
                if row["Struct"] == "None":
                    continue
                member = f"decltype({row['Struct']}::{row['Field']})"
                probe.ask(row, f"{row['Struct']} has no such field", f"static_assert(sizeof({member}) > 0);")
                if row["Role"] not in ("Internal", "Other"):
                    wanted = "" if row["Role"] in FUNCTION_ROLES else "!"
                    probe.ask(row, "is a function exactly when its role is one: it is not so", f"static_assert({wanted}IsFunction<{member}>::value);")
        for row in self.tables["ObjectStructs"]:
            name = row["Name"]
            if name in self.types[headers]:
                probe.ask(row, "does not begin with an object header", f"static_assert(ObjectIfComplete<{name}>::value);")
        self.run(probe, "c++", headers.flags, str(headers), "arguments")

    def replacement(self, probe: Probe, row: Row, headers: Headers):
        """The shape of a replacement, where both it and the original are functions."""
        name, new, shape = row["Name"], row["Replacement"], row["Shape"]
        if not new or shape in ("None", "OtherArguments") or not self.has(new, headers):
            return
        extra = {"DropInReturnStrong": 0, "IntReturnWithLookup": 1, "OutParamIntReturn": 1}[shape]
        if not self.has(name, headers):
            return
        after = f"decltype(&::{new})"
        complaint = f"{new} does not have the signature of {shape}"
        macro = self.macro(name, headers)
        if macro is not None and macro[0] is not None:
            probe.ask(row, complaint, f"static_assert(arity<{after}> == {len(macro[0]) + extra});")
        elif macro is None:
            before = f"decltype(&::{name})"
            probe.ask(row, complaint, f"static_assert(takesTheSame<{before}, {after}> && arity<{after}> == arity<{before}> + {extra});")
        if extra == 0:
            probe.ask(row, complaint, f"static_assert(isObject<Result<{after}>>);")
        else:
            probe.ask(row, complaint, f"static_assert(std::is_same<Result<{after}>, int>::value && isOut<Arg<arity<{after}> - 1, {after}>>);")

    def structs(self, headers: Headers, fields, types):
        """Which fields and which object structs this version has: the answer is needed over all versions."""
        probe = Probe(HEADERS)
        lines = {}
        for row in self.tables["BorrowedFields"]:
            expression = f"sizeof({row['Struct']})" if row["Field"] == "*" else f"sizeof((({row['Struct']} *)0)->{row['Field']})"
            probe.lines.append(f"enum {{ pyext_field_{row.line} = {expression} }};")
            lines[len(probe.lines)] = (fields, row)
        for row in self.tables["ObjectStructs"]:
            probe.lines.append(f"extern {row['Name']} *pyext_o_{row['Name']};")
            lines[len(probe.lines)] = (types, row)
        command = [self.clang, "-fsyntax-only", "-x", "c", "-w", "-ferror-limit=0", *headers.flags, "-"]
        done = subprocess.run(command, input=probe.text(), capture_output=True, text=True, check=False)
        failed = {int(number) for number in re.findall(r"<stdin>:(\d+):\d+: error:", done.stderr)}
        for line, (found, row) in lines.items():
            if line not in failed:
                found.setdefault(headers, set()).add(row["Name"] if row.table == "ObjectStructs" else row.line)

    def tags(self):
        """Every word after "struct" and every typedef's name in a header, also an internal one: opaque types are nowhere else."""
        if self.known_tags is None:
            self.known_tags = set()
            for headers in self.sets:
                for folder, _, names in os.walk(headers.flags[1]):
                    for name in names:
                        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                            self.known_tags.update(re.findall(r"\bstruct\s+(\w+)|\}\s*(\w+)\s*;", file.read()))
            self.known_tags = {word for pair in self.known_tags for word in pair}
        return self.known_tags

    def aliases(self, headers: Headers):
        # What code that asks for Py_ssize_t in format strings sees.
        modern = self.preprocess(headers, "-DPY_SSIZE_T_CLEAN")
        for row in self.tables["AstAliases"]:
            text = modern.get(row["Name"], (None, ""))[1]
            named = re.search(r"\b%s\b" % row["Callee"], text) is not None
            if named != self.exists(row, headers):
                self.complain(row, str(headers), f"{row['Name']} is " + (f"defined as: {text}" if text else "no macro"))

    def slots(self, headers: Headers):
        """No slot identifier of the newest headers is missing."""
        known = {row["Macro"] for row in self.tables["TypeSlots"]} | {row["Macro"] for row in self.tables["ModuleSlots"]}
        for name in sorted(self.macros[headers]):
            if re.match(r"Py_(tp|nb|sq|mp|am|bf|mod|slot)_[a-z]", name) and name not in known:
                row = Row("TypeSlots", 0, {"Field": name})
                self.complain(row, str(headers), "a slot without a row")

    def machine(self):
        """The rows about C, POSIX and C++."""
        prelude = "#define _GNU_SOURCE\n#include <pthread.h>\n#include <setjmp.h>\n#include <netdb.h>\n#include <poll.h>\n#include <semaphore.h>\n#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <sys/epoll.h>\n#include <sys/socket.h>\n#include <sys/wait.h>\n#include <time.h>\n#include <unistd.h>\n#include <threads.h>\n#include <stdatomic.h>\n"
        probe, body = Probe(prelude), Probe("")
        body.lines = []
        cxx = Probe("".join(f"#include <{name}>\n" for name in (
            "atomic", "barrier", "condition_variable", "future", "latch", "mutex", "semaphore", "shared_mutex", "thread")) + "#include <pthread.h>\n"
            "template <class T> struct One;\n")
        for row in self.tables["Locks"] + self.tables["ModelCalls"]:
            if row["Origin"] in ("C", "POSIX"):
                body.ask(row, "is not declared", f"(void)sizeof(&{row['Name']});")
            elif row["Origin"] == "Cxx" and (row.values.get("Spelling") == "Function" or row["Name"].startswith("std::this_thread::") or row["Name"].count("::") == 1):
                cxx.ask(row, "is not declared", f"using {row['Name']};")
            elif row["Origin"] == "Cxx":
                # A class may name a member of its base, however often it is overloaded.
                owner, method = row["Name"].rsplit("::", 1)
                base = owner + CXX_ARGUMENTS.get(owner, "")
                member = "Base" if method == owner.rsplit("::", 1)[1] else method
                cxx.ask(row, "is not declared",
                        f"struct Derived{len(cxx.asked)} : {base} {{ using Base = {base}; using Base::{member}; }};")
        for row in self.tables["SynchronizationTypes"] + self.tables["LockGuards"]:
            if row["Origin"] in ("C", "POSIX"):
                probe.ask(row, "is no type", f"extern {row['Name']} *pyext_{row['Name']};")
            elif row["Origin"] == "Cxx":
                cxx.ask(row, "is not declared", f"using {row['Name']};")
        self.join(probe, "void pyext_body(void) {", body, "}")
        self.run(probe, "c", (), "this machine", "C")
        self.run(cxx, "c++", (), "this machine", "C++")

    def check(self):
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
            def each(function, *arguments):
                list(pool.map(lambda headers: function(headers, *arguments), self.sets))

            each(self.read_macros)
            fields: Dict[Headers, set] = {}
            self.types: Dict[Headers, set] = {headers: set() for headers in self.sets}
            each(self.structs, fields, self.types)
            each(self.names)
            each(self.arguments)
            each(self.aliases)
            newest = max((h for h in self.sets if not h.free_threaded), key=lambda h: h.minor)
            self.slots(newest)
            minors = sorted({int(row["LimitedSince"]) for row in self.tables["Apis"]} - {0})
            list(pool.map(lambda minor: self.limited(newest, minor), [m for m in minors if m <= newest.minor]))
            self.machine()
        for row in cpython(self.tables["ModelCalls"] + self.tables["ModuleSlotValues"]):
            if row["Name"] not in self.apis:
                self.complain(row, "Apis.def", "has no row")
        slots = {row["Macro"] for row in self.tables["ModuleSlots"]}
        for row in self.tables["ModuleSlotValues"]:
            if row["Slot"] not in slots:
                self.complain(row, "ModuleSlots.def", f"has no slot {row['Slot']}")
        every = "every version"
        for row in self.tables["BorrowedFields"]:
            found = [str(h) for h in self.sets if row.line in fields.get(h, ())]
            if row["Field"] == "*" and found:
                self.complain(row, ", ".join(found), "the struct is not opaque")
            elif row["Field"] != "*" and not found:
                self.complain(row, every, f"{row['Struct']} has no field {row['Field']}")
        for row in self.tables["ObjectStructs"]:
            if not any(row["Name"] in self.types[h] for h in self.sets) and row["Name"] not in self.tags():
                self.complain(row, every, "is no type")
        return [text for _, _, text in sorted(self.complaints)]


FUNCTION_ROLES = set(
    "Dealloc Traverse Clear Finalize Del New Init Alloc Free IsGc Iter IterNext Repr Str Hash Call Vectorcall GetAttr SetAttr RichCompare "
    "DescrGet DescrSet GetBuffer ReleaseBuffer Await AIter ANext Send Number Sequence Mapping".split())
VOID_ARGUMENTS = ("PyObject_GC_Track", "PyObject_GC_UnTrack")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--facts", required=True, help="the folder of the .def files")
    parser.add_argument("--python-headers", required=True, help="the folder of root-3.11 and so on")
    parser.add_argument("--clang", required=True)
    parser.add_argument("--python", action="append", choices=VERSIONS, help="look at this version only; can be repeated")
    arguments = parser.parse_args()
    try:
        complaints = Checker(arguments).check()
    except (OSError, RowError, subprocess.CalledProcessError) as error:
        print(f"check_headers.py: error: {error}", file=sys.stderr)
        return 2
    print("".join(complaint + "\n" for complaint in complaints), end="")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
