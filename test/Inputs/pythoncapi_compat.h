/* Stands in for the header of the same name (python/pythoncapi-compat) in tests: fixed code that includes it must compile.
   It declares, with the signatures of the documentation, what the project's fixes may take from the real one, and only for
   the versions of Python that lack it. Nothing here is ever linked or run. */
#ifndef SRC_TEST_INPUTS_PYTHONCAPI_COMPAT_H
#define SRC_TEST_INPUTS_PYTHONCAPI_COMPAT_H


#ifdef __cplusplus
extern "C" {
#endif

#if PY_VERSION_HEX < 0x030A0000
PyObject *Py_NewRef(PyObject *op);
PyObject *Py_XNewRef(PyObject *op);
int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value);
#endif

#if PY_VERSION_HEX < 0x030D0000
PyObject *PyList_GetItemRef(PyObject *op, Py_ssize_t index);
int PyDict_GetItemRef(PyObject *mp, PyObject *key, PyObject **result);
int PyDict_GetItemStringRef(PyObject *mp, const char *key, PyObject **result);
int PyDict_SetDefaultRef(PyObject *d, PyObject *key, PyObject *default_value, PyObject **result);
int PyDict_Pop(PyObject *dict, PyObject *key, PyObject **result);
int PyWeakref_GetRef(PyObject *ref, PyObject **pobj);
PyObject *PyImport_AddModuleRef(const char *name);
int PyObject_GetOptionalAttr(PyObject *obj, PyObject *name, PyObject **result);
int PyMapping_GetOptionalItem(PyObject *obj, PyObject *key, PyObject **result);
int PyModule_Add(PyObject *module, const char *name, PyObject *value);
#define Py_BEGIN_CRITICAL_SECTION(op) {
#define Py_END_CRITICAL_SECTION() }
#define Py_BEGIN_CRITICAL_SECTION2(a, b) {
#define Py_END_CRITICAL_SECTION2() }
#endif

#ifdef __cplusplus
}
#endif

#endif // SRC_TEST_INPUTS_PYTHONCAPI_COMPAT_H
