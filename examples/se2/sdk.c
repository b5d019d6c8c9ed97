/* A plugin of Suborbital's SE2, whose work is done by Python: the exports by which a host calls it, the imports by which it
 * answers, and the module `sdk` by which Python does. The plugin itself is plugin.py.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>
#include <string.h>

#define IMPORT(name) __attribute__((import_module("env"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* The host copies what it is given before these return. */
IMPORT("return_result") void env_return_result(const char *result, uint32_t length, uint32_t ident);
IMPORT("return_error") void env_return_error(int32_t code, const char *message, uint32_t length, uint32_t ident);

/* ---- what the host calls ------------------------------------------------------------------------------------- */

EXPORT("allocate") void *allocate(uint32_t size)
{
    return PyMem_Malloc(size);
}

EXPORT("deallocate") void deallocate(void *data, uint32_t size)
{
    (void)size;
    PyMem_Free(data);
}

/* The exception that is set, with its traceback, as the answer to a call. */
static void return_raised(uint32_t ident)
{
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *traceback = PyImport_ImportModule("traceback");
    PyObject *lines = traceback == NULL ? NULL : PyObject_CallMethod(traceback, "format_exception", "O", raised);
    PyObject *empty = lines == NULL ? NULL : PyUnicode_FromString("");
    PyObject *text = empty == NULL ? NULL : PyUnicode_Join(empty, lines);
    Py_ssize_t length = 0;
    const char *message = text == NULL ? NULL : PyUnicode_AsUTF8AndSize(text, &length);
    if (message == NULL) {
        PyErr_Clear();
        message = "an exception that cannot be shown";
        length = (Py_ssize_t)strlen(message);
    }
    env_return_error(1, message, (uint32_t)length, ident);
    Py_XDECREF(text);
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(traceback);
    Py_XDECREF(raised);
}

EXPORT("run_e") void run_e(const char *payload, uint32_t length, uint32_t ident)
{
    PyObject *plugin = PyImport_ImportModule("plugin");
    PyObject *done = plugin == NULL ? NULL : PyObject_CallMethod(plugin, "run_e", "s#I", payload, (Py_ssize_t)length, ident);
    if (done == NULL) {
        return_raised(ident);
    }
    Py_XDECREF(done);
    Py_XDECREF(plugin);
}

/* ---- what Python calls --------------------------------------------------------------------------------------- */

static PyObject *return_result(PyObject *self, PyObject *args)
{
    (void)self;
    const char *result;
    Py_ssize_t length;
    unsigned int ident;
    if (!PyArg_ParseTuple(args, "s#I", &result, &length, &ident)) {
        return NULL;
    }
    env_return_result(result, (uint32_t)length, ident);
    Py_RETURN_NONE;
}

static PyObject *return_error(PyObject *self, PyObject *args)
{
    (void)self;
    int code;
    const char *message;
    Py_ssize_t length;
    unsigned int ident;
    if (!PyArg_ParseTuple(args, "is#I", &code, &message, &length, &ident)) {
        return NULL;
    }
    env_return_error(code, message, (uint32_t)length, ident);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"return_result", return_result, METH_VARARGS, "return_result(result, ident)\n--\n\nAnswers the call of that number."},
    {"return_error", return_error, METH_VARARGS, "return_error(code, message, ident)\n--\n\nFails the call of that number."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "sdk", .m_doc = "How a plugin answers.", .m_methods = methods,
};

PyMODINIT_FUNC PyInit_sdk(void)
{
    return PyModuleDef_Init(&definition);
}
