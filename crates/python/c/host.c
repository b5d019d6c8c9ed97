/* The built-in module `_amphi`: what the host answers, and the description of an interface.
 *
 * The Python side (py/amphi/_host.py, _type.py) makes modules and classes from descriptions; here is only what a call needs.
 */
#include "amphi.h"

PyObject *error_class, *some_class; /* set by py/amphi/_host.py */

/* ---- replies ----------------------------------------------------------------------------------------------- */

typedef PyObject *Decode(const char *bytes, size_t length, const Type *type);

/* The reply that the host keeps, `length` bytes of it. */
static PyObject *take_kept(int32_t length, const Type *type, Decode *decode)
{
    char *bytes = PyMem_Malloc((size_t)length);
    if (bytes == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *value = NULL;
    if (amphi_reply_take(bytes, (uint32_t)length) == length) {
        value = decode(bytes, (size_t)length, type);
    }
    else {
        PyErr_SetString(PyExc_SystemError, "the host lost its reply");
    }
    PyMem_Free(bytes);
    return value;
}

/* Where things stand in an error record. */
enum { OWN = 4, PASSED };

/* Raises an exception of this guest that comes back, with where it passed through the host as a note. */
static void raise_own(PyObject *own, PyObject *passed)
{
    if (PyUnicode_Check(passed) && PyUnicode_GET_LENGTH(passed) > 0) {
        Py_XDECREF(PyObject_CallMethod(own, "add_note", "O", passed));
        PyErr_Clear();
    }
    PyErr_SetRaisedException(Py_NewRef(own));
}

/* Raises what the host answered: `code` is what a call import returned below zero. An exception of this guest that went
 * through the host is raised again as itself, so that its traceback goes on. */
PyObject *raise_reply(int32_t code, const Type *type)
{
    PyObject *record = take_kept(-(code + 1), type_err(type), decode_error);
    if (record != NULL) {
        PyObject *own = PyTuple_Check(record) && PyTuple_GET_SIZE(record) > PASSED ? PyTuple_GET_ITEM(record, OWN) : NULL;
        if (own != NULL && PyExceptionInstance_Check(own)) {
            raise_own(own, PyTuple_GET_ITEM(record, PASSED));
        }
        else if (error_class == NULL) {
            PyErr_SetObject(PyExc_RuntimeError, record);
        }
        else {
            PyObject *error = PyObject_CallMethod(error_class, "_from_record", "(O)", record);
            if (error != NULL) {
                PyErr_SetObject((PyObject *)Py_TYPE(error), error);
                Py_DECREF(error);
            }
        }
        Py_DECREF(record);
    }
    return NULL;
}

PyObject *reply_value(int32_t code, const char *reply, uint32_t room, const Type *type)
{
    if (code < 0) {
        return raise_reply(code, type);
    }
    return (uint32_t)code <= room ? decode(reply, (size_t)code, type) : take_kept(code, type, decode);
}

PyObject *ask(const char *module, const char *function, PyObject *argument)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *called = imported == NULL ? NULL : PyObject_GetAttrString(imported, function);
    PyObject *answer = called == NULL ? NULL : PyObject_CallOneArg(called, argument);
    Py_XDECREF(called);
    Py_XDECREF(imported);
    return answer;
}

/* ---- modules that are declared anew ------------------------------------------------------------------------- */

int renew(PyObject *module)
{
    PyObject *raised = PyErr_GetRaisedException();
    PyObject *answer = ask("amphi._host", "renew", module);
    int renewed = answer == NULL ? -1 : PyObject_IsTrue(answer);
    Py_XDECREF(answer);
    if (renewed == 0) {
        PyErr_SetRaisedException(raised);
    }
    else {
        Py_XDECREF(raised);
    }
    return renewed;
}

/* Such as `__path__`, which the import system asks every module for. */
static bool is_dunder(PyObject *name)
{
    return PyUnicode_GET_LENGTH(name) > 2 && PyUnicode_READ_CHAR(name, 0) == '_' && PyUnicode_READ_CHAR(name, 1) == '_';
}

/* What a module has not may be declared by now. */
static PyObject *module_getattr(PyObject *module, PyObject *name)
{
    PyObject *dict = PyModule_GetDict(module), *module_name = PyModule_GetNameObject(module), *value = NULL;
    if (module_name == NULL) {
        return NULL;
    }
    if (!PyUnicode_Check(name)) {
        PyErr_SetString(PyExc_TypeError, "attribute name must be string");
        goto done;
    }
    int renewed = is_dunder(name) ? 0 : renew(module_name);
    if (renewed > 0) {
        value = Py_XNewRef(PyDict_GetItemWithError(dict, name));
    }
    if (value == NULL && !PyErr_Occurred()) {
        PyObject *message = PyUnicode_FromFormat("module '%U' has no attribute '%U'", module_name, name);
        PyObject *error = message == NULL ? NULL : PyObject_CallOneArg(PyExc_AttributeError, message);
        /* With both, Python suggests what may be meant. */
        if (error != NULL && PyObject_SetAttrString(error, "name", name) == 0 && PyObject_SetAttrString(error, "obj", module) == 0) {
            PyErr_SetObject(PyExc_AttributeError, error);
        }
        Py_XDECREF(error);
        Py_XDECREF(message);
    }
done:
    Py_DECREF(module_name);
    return value;
}

static PyMethodDef module_getattr_def = {
    "__getattr__", module_getattr, METH_O, "What the host may declare by now.",
};

PyDoc_STRVAR(watch_doc, "watch(module)\n--\n\nHas what a module lacks be looked for at the host.");

static PyObject *watch(PyObject *self, PyObject *module)
{
    (void)self;
    PyObject *function = PyModule_Check(module) ? PyCFunction_New(&module_getattr_def, module) : NULL;
    int set = function == NULL ? -1 : PyObject_SetAttrString(module, "__getattr__", function);
    Py_XDECREF(function);
    if (set < 0) {
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "watch() takes a module");
    }
    Py_RETURN_NONE;
}

/* ---- the module -------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(describe_doc, "describe(name)\n--\n\nWhat the host declares under this name, or None.");

static PyObject *describe(PyObject *module, PyObject *name)
{
    (void)module;
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(name, &length);
    if (utf8 == NULL) {
        return NULL;
    }
    char reply[2048];
    int32_t size = amphi_interface_describe(utf8, (uint32_t)length, reply, sizeof reply);
    if (size < 0) {
        Py_RETURN_NONE;
    }
    return (uint32_t)size <= sizeof reply ? decode(reply, (size_t)size, NULL) : take_kept(size, NULL, decode);
}

PyDoc_STRVAR(set_classes_doc, "set_classes(error, some)\n--\n\nThe classes of a host's errors and of options in options.");

static PyObject *set_classes(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *error, *some;
    if (!PyArg_ParseTuple(args, "OO", &error, &some)) {
        return NULL;
    }
    Py_XSETREF(error_class, Py_NewRef(error));
    Py_XSETREF(some_class, Py_NewRef(some));
    Py_RETURN_NONE;
}

PyObject *shown(PyObject *value)
{
    return ask("amphi._error", "shown", value);
}

static PyMethodDef methods[] = {
    {"describe", describe, METH_O, describe_doc},
    {"set_classes", set_classes, METH_VARARGS, set_classes_doc},
    {"watch", watch, METH_O, watch_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_amphi",
    .m_doc = "Host functions: what crosses to the host and back.",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__amphi(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL
        && (PyModule_AddType(module, &Function_Type) < 0 || PyModule_AddType(module, &Handle_Type) < 0
            || PyModule_AddFunctions(module, amphi_enter_methods) < 0)) {
        Py_CLEAR(module);
    }
    return module;
}
