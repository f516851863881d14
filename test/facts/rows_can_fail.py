#!/usr/bin/env python3
"""Breaks rows in a copy of checks/facts and requires that somebody notices each of them.

    rows_can_fail.py --facts DIR --python-headers DIR --clang CLANG --llvm-include DIR --temporary DIR

The first list is for check_headers.py, which reports every broken row of one run. The second is for the compiler: what holds
between rows is asserted in Facts.cpp, and the first assertion that fails ends it, so each break has a copy of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
from typing import NamedTuple

HERE = os.path.dirname(os.path.abspath(__file__))


class Break(NamedTuple):
    table: str
    old: str  # occurs exactly once in the file
    new: str
    says: str


# The rows of one table must stay independent of each other: all these breaks are made in the same copy.
FOR_HEADERS = [
    # Existence
    Break("Apis", "API(PyDict_GetItemRef, Function, 13,", "API(PyDict_GetItemRef, Function, 14,", "PyDict_GetItemRef: 3.13: is declared"),
    Break("Apis", "API(PyType_Freeze, Function, 14,", "API(PyType_Freeze, Function, 13,", "PyType_Freeze: 3.13t: is not declared"),
    Break("Apis", "API(PyCriticalSection, Type, 13,", "API(PyCriticalSection, Type, 11,", "PyCriticalSection: 3.11: is no type"),
    Break("Apis", "API(PySlot, Type, 15,", "API(PySlot, Type, 14,", "PySlot: 3.14: is no type"),
    Break("Apis", "API(PyWeakref_GetObject, Function, 0, 15,", "API(PyWeakref_GetObject, Function, 0, 0,", "PyWeakref_GetObject: 3.15: is not declared"),
    Break("Apis", "API(PyList_AsTuple, Function, 0, 0,", "API(PyList_AsTuple, Function, 0, 15,", "PyList_AsTuple: 3.15t: is declared"),
    Break("Apis", "API(PyList_CheckExact, Macro, 0, 0,", "API(PyList_CheckExact, Macro, 0, 14,", "PyList_CheckExact: 3.14: is declared"),
    Break("Apis", "API(PyUnstable_Module_SetGIL, Function, 13, 0, FreeThreaded,", "API(PyUnstable_Module_SetGIL, Function, 13, 0, Any,", "PyUnstable_Module_SetGIL: 3.13: is not declared"),
    # Kind
    Break("Apis", "API(PyFloat_FromDouble, Function,", "API(PyFloat_FromDouble, Macro,", "PyFloat_FromDouble: 3.15: is no macro"),
    Break("Apis", "API(PyFloat_AsDouble, Function,", "API(PyFloat_AsDouble, Inline,", "PyFloat_AsDouble: 3.15: is not a static inline function"),
    Break("Apis", "API(PyBytes_AS_STRING, Inline,", "API(PyBytes_AS_STRING, Function,", "PyBytes_AS_STRING: 3.15: is a static inline function"),
    Break("Apis", "API(PyFloat_Check, Macro,", "API(PyFloat_Check, Function,", "PyFloat_Check: 3.15: is a macro only"),
    Break("Apis", "API(PyBytes_GET_SIZE, Inline,", "API(PyBytes_GET_SIZE, Macro,", "PyBytes_GET_SIZE: 3.15: is a function beside the macro"),
    # The Limited API
    Break("Apis", "API(PyDict_Pop, Function, 13, 0, Any, 0,", "API(PyDict_Pop, Function, 13, 0, Any, 13,", "PyDict_Pop: 3.15 limited to 3.13: Py_LIMITED_API 3.13 does not"),
    Break("Apis", "API(PyDict_Copy, Function, 0, 0, Any, 2,", "API(PyDict_Copy, Function, 0, 0, Any, 0,", "PyDict_Copy: 3.15 limited to 3.15: Py_LIMITED_API 3.15 declares"),
    # Aliases
    Break("AstAliases", "ALIAS(_Py_TYPE_impl, Py_TYPE, 15, 0)", "ALIAS(_Py_TYPE_impl, Py_TYPE, 14, 0)", "_Py_TYPE_impl: 3.14: Py_TYPE is defined as"),
    Break("AstAliases", "ALIAS(_Py_TYPE, Py_TYPE, 14, 15)", "ALIAS(_Py_TYPE, Py_TYPE, 14, 0)", "_Py_TYPE: 3.15: Py_TYPE is defined as"),
    Break("AstAliases", "ALIAS(_PyMutex_Lock, PyMutex_Lock,", "ALIAS(_PyMutex_Lock, PyMutex_Unlock,", "_PyMutex_Lock: 3.13: PyMutex_Unlock is defined as"),
    # Argument indices
    Break("BorrowedReferences", "BORROWED(PyList_GetItem, Return, -1, -1, 0,", "BORROWED(PyList_GetItem, Return, -1, -1, 1,", "PyList_GetItem: 3.11: parameter 1 is not an object"),
    Break("BorrowedReferences", "BORROWED(PyTuple_GetItem, Return, -1, -1, 0,", "BORROWED(PyTuple_GetItem, Return, -1, -1, 7,", "PyTuple_GetItem: 3.11: parameter 7 is not an object"),
    Break("BorrowedReferences", "BORROWED(PyTuple_GET_ITEM, Return, -1, -1, 0,", "BORROWED(PyTuple_GET_ITEM, Return, -1, -1, 2,", "PyTuple_GET_ITEM: 3.13: the macro has no parameter 2"),
    Break("BorrowedReferences", "BORROWED(PyDict_Next, OutArguments, 2, 3,", "BORROWED(PyDict_Next, OutArguments, 1, 3,", "PyDict_Next: 3.14: parameter 1 is not a pointer to an object pointer"),
    Break("StolenReferences", "STOLEN(PyList_SetItem, 2,", "STOLEN(PyList_SetItem, 1,", "PyList_SetItem: 3.14t: parameter 1 is not a reference"),
    Break("StolenReferences", "STOLEN(PyTuple_SetItem, 2, Always,", "STOLEN(PyTuple_SetItem, 2, InPlaceReplace,", "PyTuple_SetItem: 3.11: parameter 2 is not a pointer to an object pointer"),
    Break("NewReferences", "NEW(PyDict_GetItemRef, 2,", "NEW(PyDict_GetItemRef, 1,", "PyDict_GetItemRef: 3.15: parameter 1 is not a pointer to an object pointer"),
    Break("NewReferences", "NEW(PyList_AsTuple, -1,", "NEW(PyList_Append, -1,", "PyList_Append: 3.11: does not return an object"),
    Break("ReferenceCounts", "REFCOUNT(Py_DecRef, Decref, NullOk, 0)", "REFCOUNT(Py_DecRef, Decref, NullOk, 1)", "Py_DecRef: 3.11: parameter 1 is not a pointer"),
    Break("ContainerCalls", "CONTAINER_CALL(PyList_Insert, 0)", "CONTAINER_CALL(PyList_Insert, 1)", "PyList_Insert: 3.11: parameter 1 is not an object"),
    Break("InteriorPointers", "INTERIOR(PyList_Size, Size, 0,", "INTERIOR(PyList_Size, Size, 1,", "PyList_Size: 3.11: parameter 1 is not a pointer"),
    Break("CallEffects", "EFFECT(PyList_Append, Lock, Contended, 0,", "EFFECT(PyList_Append, Lock, Contended, 2,", "PyList_Append: 3.11: parameter 2 is not a pointer"),
    Break("Locks", 'LOCK("PyMutex_Unlock", CPython, Function, Release, PyMutex, 0,', 'LOCK("PyMutex_Unlock", CPython, Function, Release, PyMutex, 1,', "PyMutex_Unlock: 3.13: parameter 1 is not a lock"),
    Break("Locks", "Begin, CriticalSection2, 0, 1)", "Begin, CriticalSection2, 0, 2)", "Py_BEGIN_CRITICAL_SECTION2: 3.15t: the macro has no parameter 2"),
    Break("ModelCalls", 'MODEL_CALL("PyType_Ready",', 'MODEL_CALL("PyType_Redy",', "PyType_Redy: Apis.def: has no row"),
    Break("ModuleSlotValues", "Py_MOD_GIL_USED, Py_mod_gil,", "Py_MOD_GIL_USED, Py_mod_gill,", "Py_MOD_GIL_USED: ModuleSlots.def: has no slot Py_mod_gill"),
    # Shapes
    Break("BorrowedReferences", 'Mutable, "PyDict_GetItemRef", IntReturnWithLookup, KeepsErrors, "Cleanest', 'Mutable, "PyDict_GetItemRef", DropInReturnStrong, KeepsErrors, "Cleanest', "PyDict_GetItemWithError: 3.14: PyDict_GetItemRef does not have the signature of DropInReturnStrong"),
    Break("BorrowedReferences", '"PyImport_AddModuleRef", DropInReturnStrong', '"PyImport_AddModuleRef", IntReturnWithLookup', "PyImport_AddModule: 3.13: PyImport_AddModuleRef does not have the signature"),
    # Structs
    Break("BorrowedFields", 'FIELD(PyListObject, "ob_item",', 'FIELD(PyListObject, "ob_items",', "PyListObject: every version: PyListObject has no field ob_items"),
    Break("BorrowedFields", 'FIELD(PyTupleObject, "ob_item",', 'FIELD(PyTupleObject, "*",', "the struct is not opaque"),
    Break("TypeSlots", 'TYPE_SLOT("tp_dealloc",', 'TYPE_SLOT("tp_dealloc_",', "PyTypeObject has no such field"),
    Break("TypeSlots", 'TYPE_SLOT("tp_repr", "Py_tp_repr", Repr,', 'TYPE_SLOT("tp_repr", "Py_tp_repr", Doc,', "tp_repr: 3.15: is a function exactly when its role is one"),
    Break("TypeSlots", 'TYPE_SLOT("nb_add", "Py_nb_add",', 'TYPE_SLOT("nb_add", "",', "Py_nb_add: 3.15: a slot without a row"),
    Break("ObjectStructs", "OBJECT_STRUCT(PyListObject,", "OBJECT_STRUCT(PyLinkedListObject,", "PyLinkedListObject: every version: is no type"),
    Break("ObjectStructs", "OBJECT_STRUCT(PySliceObject,", "OBJECT_STRUCT(PyMethodDef,", "PyMethodDef: 3.11: does not begin with an object header"),
    # Other origins
    Break("Locks", 'LOCK("pthread_mutex_lock",', 'LOCK("pthread_mutex_lok",', "pthread_mutex_lok: this machine: is not declared"),
    Break("Locks", 'LOCK("std::call_once",', 'LOCK("std::call_twice",', "std::call_twice: this machine: is not declared"),
    Break("Locks", 'LOCK("std::mutex::try_lock",', 'LOCK("std::mutex::trylock",', "std::mutex::trylock: this machine: is not declared"),
    Break("LockGuards", 'LOCK_GUARD("std::scoped_lock",', 'LOCK_GUARD("std::scope_lock",', "std::scope_lock: this machine: is not declared"),
    Break("SynchronizationTypes", 'SYNCHRONIZATION_TYPE("mtx_t",', 'SYNCHRONIZATION_TYPE("mtx_type",', "mtx_type: this machine: is no type"),
    Break("SynchronizationTypes", 'SYNCHRONIZATION_TYPE("std::latch",', 'SYNCHRONIZATION_TYPE("std::lach",', "std::lach: this machine: is not declared"),
]

# Breaks of one list are made in the same copy. A name without a row ends the compiler's patience: such a break is alone.
FOR_COMPILER = [
    [Break("Apis", "API(PyList_New, Function,", "API(PyList_Anew, Function,", "Apis.def")],
    [Break("BorrowedReferences", '"PyImport_AddModuleRef", DropInReturnStrong', '"PyImport_AddModuleStrong", DropInReturnStrong', "constant expression")],
    [Break("StolenReferences", "STOLEN(PyList_SetItem, 2,", "STOLEN(PyList_SetItems, 2,", "constant expression")],
    [
        Break("Apis", "API(PyWeakref_GetObject, Function, 0, 15,", "API(PyWeakref_GetObject, Function, 15, 15,", "versions"),
        Break("BorrowedReferences", "BORROWED(PyList_GetItem,", "BORROWED(PyList_GET_ITEM,", "BorrowedReferences.def"),
        Break("NewReferences", "NEW(PyList_AsTuple, -1,", "NEW(PyList_GET_ITEM, -1,", "in both"),
        Break("CallEffects", "EFFECT(PyList_Append, Lock, Contended,", "EFFECT(PyList_Append, Lock, No,", "CallEffects.def"),
        Break("Locks", 'LOCK("PyMutex_Unlock", CPython, Function, Release, PyMutex, 0,', 'LOCK("PyMutex_Unlock", CPython, Function, End, PyMutex, 0,', "Locks.def"),
        Break("ThreadStates", 'Detach, Eval, "PyEval_RestoreThread"', 'Detach, Eval, "PyEval_Restore"', "unknown counterpart"),
        Break("TypeSlots", 'TYPE_SLOT("nb_add", "Py_nb_add",', 'TYPE_SLOT("nb_add", "Py_nb_ad",', "TypeSlots.def"),
    ],
    [
        Break("Apis", "API(PyList_GetItemRef, Function, 13, 0, Any, 13,", "API(PyList_GetItemRef, Function, 13, 0, Any, 11,", "versions"),
        Break("BorrowedReferences", '"PyImport_AddModuleRef", DropInReturnStrong', '"PyWeakref_GetObject", DropInReturnStrong', "BorrowedReferences.def"),
        Break("CallEffects", "EFFECT(PyList_Append, Lock, Contended,", "EFFECT(PyList_Append, Conditional, Yes,", "CallEffects.def"),
    ],
    [
        Break("BorrowedReferences", '"PyImport_AddModuleRef", DropInReturnStrong', '"", DropInReturnStrong', "BorrowedReferences.def"),
        Break("CallEffects", "EFFECT(PyList_Append,", "EFFECT(PyList_Apend,", "CallEffects.def: no API row"),
    ],
]


def apply(folder: str, change: Break):
    name = os.path.join(folder, change.table + ".def")
    with open(name, encoding="utf-8") as file:
        text = file.read()
    if text.count(change.old) != 1:
        sys.exit(f"rows_can_fail.py: {change.table}.def has {text.count(change.old)} times: {change.old}")
    with open(name, "w", encoding="utf-8") as file:
        file.write(text.replace(change.old, change.new))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for option in ("--facts", "--python-headers", "--clang", "--llvm-include", "--temporary"):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()
    copy = os.path.join(arguments.temporary, "facts")

    def fresh():
        shutil.rmtree(arguments.temporary, ignore_errors=True)
        shutil.copytree(arguments.facts, copy)

    missed = []
    fresh()
    for change in FOR_HEADERS:
        apply(copy, change)
    command = [sys.executable, os.path.join(HERE, "check_headers.py"), "--facts", copy, "--python-headers", arguments.python_headers]
    done = subprocess.run(command + ["--clang", arguments.clang], capture_output=True, text=True, check=False)
    if done.returncode != 1:
        sys.exit(f"check_headers.py exits with {done.returncode}\n{done.stdout}{done.stderr}")
    missed += [f"check_headers.py does not say: {change.says}" for change in FOR_HEADERS if change.says not in done.stdout]
    if missed:
        print(done.stdout)

    for changes in FOR_COMPILER:
        fresh()
        for change in changes:
            apply(copy, change)
        command = [arguments.clang, "-fsyntax-only", "-x", "c++", "-std=c++17", "-I", arguments.temporary, "-isystem", arguments.llvm_include]
        done = subprocess.run(command + [os.path.join(copy, "Facts.cpp")], capture_output=True, text=True, check=False)
        errors = [line for line in done.stderr.splitlines() if "error:" in line]
        for change in changes:
            if not any(change.says in line for line in errors):
                missed.append(f"{change.table}.def: {change.new}: the compiler says {errors or 'nothing'}")
    print("\n".join(missed), file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
