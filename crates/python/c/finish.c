/* The end of a run: finalizers of what the run brought, and nothing else.
 *
 * CPython's own finalization takes the whole interpreter apart, which touches every page of the snapshot and takes
 * longer than most runs. A sandbox ends with its run, so the modules of the snapshot need no finalizers; what the run
 * itself made does: a file that was never closed is flushed by its deallocation. See patches/snapshot.patch for the
 * place from which CPython calls this: after atexit and the first flush, before the last flush.
 */
#define Py_BUILD_CORE 1
#include "amphi.h"

#include "internal/pycore_moduleobject.h"

static PyObject *snapshot_modules; /* frozenset of names */

int amphi_remember_modules(void)
{
    Py_XSETREF(snapshot_modules, PyFrozenSet_New(PyImport_GetModuleDict()));
    return snapshot_modules == NULL ? -1 : 0;
}

/* The run's own modules: `__main__`, and those imported since the snapshot, in the order of their import. */
static PyObject *own_modules(PyObject *modules)
{
    PyObject *own = PyList_New(0), *name, *module;
    for (Py_ssize_t position = 0; own != NULL && PyDict_Next(modules, &position, &name, &module);) {
        int kept = snapshot_modules == NULL ? 0 : PySet_Contains(snapshot_modules, name);
        bool main_module = PyUnicode_Check(name) && PyUnicode_CompareWithASCIIString(name, "__main__") == 0;
        if (PyModule_Check(module) && (main_module || kept == 0) && PyList_Append(own, name) < 0) {
            Py_CLEAR(own);
        }
    }
    return own;
}

void amphi_finish_modules(void)
{
    PyObject *modules = PyImport_GetModuleDict();
    PyObject *names = own_modules(modules);
    PyObject *alive = PyList_New(0);
    for (Py_ssize_t i = 0; names != NULL && alive != NULL && i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        PyObject *module = PyDict_GetItemWithError(modules, name);
        PyObject *reference = module == NULL ? NULL : PyWeakref_NewRef(module, NULL);
        if (reference != NULL) {
            PyList_Append(alive, reference);
            Py_DECREF(reference);
        }
        PyDict_SetItem(modules, name, Py_None);
    }
    PyGC_Collect();
    /* What something else still refers to is cleared by hand, the latest import first, as CPython does. */
    for (Py_ssize_t i = alive == NULL ? 0 : PyList_GET_SIZE(alive); i-- > 0;) {
        PyObject *module;
        if (PyWeakref_GetRef(PyList_GET_ITEM(alive, i), &module) > 0) {
            _PyModule_Clear(module);
            Py_DECREF(module);
        }
    }
    PyErr_Clear();
    PyGC_Collect();
}
