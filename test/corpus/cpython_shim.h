/* What the sources of CPython of 2019 to 2021 need to compile with Python 3.13. */
#ifndef SHIM_H
#define SHIM_H
#define PY_SSIZE_T_CLEAN
#define NEEDS_PY_IDENTIFIER 1
#include "Python.h"
#include "structmember.h"
#include "pycore_modsupport.h"
#include "pycore_time.h"
#include "pycore_abstract.h"
#include "pycore_call.h"
#include "pycore_fileutils.h"
#include "pycore_pyhash.h"
#include "pycore_long.h"
#include "pycore_object.h"
#include "pycore_unicodeobject.h"
#include "pycore_moduleobject.h"
#define _PyLong_AsInt PyLong_AsInt
#define _PyTime_t PyTime_t
#define _PyTime_GetMonotonicClock() ({PyTime_t _t; (void)PyTime_Monotonic(&_t); _t;})
static inline int _PyObject_LookupAttrId(PyObject *o, _Py_Identifier *id, PyObject **r) { PyObject *n = _PyUnicode_FromId(id); if (!n) { *r = NULL; return -1; } return PyObject_GetOptionalAttr(o, n, r); }
#define _PyObject_LookupAttr PyObject_GetOptionalAttr
#define _PyObject_FastCall(f,a,n) PyObject_Vectorcall(f,a,n,NULL)
#define _PyObject_CallNoArg PyObject_CallNoArgs
#define _PyObject_CallOneArg PyObject_CallOneArg
#define _PyObject_Vectorcall PyObject_Vectorcall
#define _PyDict_GetItem_KnownHash_ _PyDict_GetItem_KnownHash
#define PyUnicode_READY(x) 0
#undef Py_CLEANUP_SUPPORTED
#ifndef Py_CLEANUP_SUPPORTED
#define Py_CLEANUP_SUPPORTED 0x20000
#endif
#ifndef PyCFunction_GET_FLAGS
#endif
#define PyDescr_COMMON PyDescrObject d_common
#ifndef _Py_IDENTIFIER
#define _Py_static_string_init(value) { .string = value, .index = -1 }
#define _Py_static_string(varname, value) static _Py_Identifier varname = _Py_static_string_init(value)
#define _Py_IDENTIFIER(varname) _Py_static_string(PyId_##varname, #varname)
#endif
#define _PyFloat_Unpack2(p,l) PyFloat_Unpack2((const char*)(p),l)
#define _PyFloat_Unpack4(p,l) PyFloat_Unpack4((const char*)(p),l)
#define _PyFloat_Unpack8(p,l) PyFloat_Unpack8((const char*)(p),l)
#define _PyFloat_Pack2(x,p,l) PyFloat_Pack2(x,(char*)(p),l)
#define _PyFloat_Pack4(x,p,l) PyFloat_Pack4(x,(char*)(p),l)
#define _PyFloat_Pack8(x,p,l) PyFloat_Pack8(x,(char*)(p),l)
#define _PyLong_AsByteArray(a,b,c,d,e) _PyLong_AsByteArray(a,b,c,d,e,1)
#define _PyTime_AsTimeval_noraise _PyTime_AsTimeval_clamp
#include "pycore_ceval.h"
#include "pycore_bitutils.h"
#include "pycore_pylifecycle.h"
#include "pycore_traceback.h"
static inline int _PyDict_SetItemId(PyObject *d, _Py_Identifier *id, PyObject *v) { PyObject *n = _PyUnicode_FromId(id); return n == NULL ? -1 : PyDict_SetItem(d, n, v); }
static inline PyObject *_PyDict_GetItemIdWithError(PyObject *d, _Py_Identifier *id) { PyObject *n = _PyUnicode_FromId(id); return n == NULL ? NULL : PyDict_GetItemWithError(d, n); }
static inline PyTime_t _PyTime_GetSystemClock(void) { PyTime_t t; (void)PyTime_Time(&t); return t; }
static inline PyObject *shim_GetBuiltinId(_Py_Identifier *id) { PyObject *n = _PyUnicode_FromId(id); PyObject *b = n == NULL ? NULL : PyDict_GetItemWithError(PyEval_GetBuiltins(), n); return Py_XNewRef(b); }
#define _PyEval_GetBuiltinId shim_GetBuiltinId
#define _Py_dg_infinity(sign) ((sign) ? -Py_HUGE_VAL : Py_HUGE_VAL)
#define _Py_dg_stdnan(sign) ((sign) ? -fabs(Py_NAN) : fabs(Py_NAN))
#define _PyLong_One _PyLong_GetOne()
#define _PyLong_Zero _PyLong_GetZero()
#endif
