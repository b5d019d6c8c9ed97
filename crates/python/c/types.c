/* Declared types: read once from an interface's description, walked at each call. Knows nothing of the wire. */
#include "amphi.h"

#include <string.h>

static const char *const KIND_NAMES[TYPE_KINDS] = {
    "bool", "s8", "s16", "s32", "s64", "u8", "u16", "u32", "u64", "f32", "f64", "char",
    "string", "bytes", "any", "list", "tuple", "option", "result", "record", "variant", "enum", "flags", "handle",
    "callable",
};

const Type TYPE_OF_ANYTHING = {.kind = TYPE_ANY};

const char *type_name(const Type *type)
{
    if (type->cls != NULL) {
        return ((PyTypeObject *)type->cls)->tp_name;
    }
    return KIND_NAMES[type->kind];
}

const Type *type_result(const Type *callable)
{
    return callable->items[callable->count - 1];
}

Py_ssize_t types_required(Type *const *params, Py_ssize_t count)
{
    while (count > 0 && params[count - 1]->kind == TYPE_OPTION) {
        count--;
    }
    return count;
}

const Type *type_err(const Type *type)
{
    return type != NULL && type->kind == TYPE_RESULT ? type->items[1] : NULL;
}

const Type *type_share(const Type *type)
{
    if (type != NULL) {
        ((Type *)type)->users++;
    }
    return type;
}

void type_free(const Type *shared)
{
    Type *type = (Type *)shared;
    if (type == NULL || --type->users > 0) {
        return;
    }
    for (Py_ssize_t i = 0; i < type->count; i++) {
        type_free(type->items[i]);
    }
    PyMem_Free(type->items);
    Py_XDECREF(type->names);
    Py_XDECREF(type->cls);
    Py_XDECREF(type->signature);
    PyMem_Free(type);
}

static int reserve_items(Type *type, Py_ssize_t count)
{
    type->items = PyMem_Calloc((size_t)count + 1, sizeof(Type *));
    if (type->items == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    type->count = count;
    return 0;
}

/* `part` is a type's description, or None for a payload that is absent. */
static int read_item(Type *type, Py_ssize_t index, PyObject *part, PyObject *classes)
{
    if (part == Py_None) {
        return 0;
    }
    type->items[index] = type_read(part, classes);
    return type->items[index] == NULL ? -1 : 0;
}

/* ("record", name, [(field, type)…]), and variant alike; enum and flags list bare names. */
static int read_named(Type *type, PyObject *description, PyObject *classes)
{
    PyObject *name = PyTuple_GET_ITEM(description, 1);
    PyObject *parts = PyTuple_GET_ITEM(description, 2);
    type->cls = Py_XNewRef(PyDict_GetItemWithError(classes, name));
    if (type->cls == NULL || !PyType_Check(type->cls) || !PyList_Check(parts)) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError, "no class for the declared type %R", name);
        }
        return -1;
    }
    Py_ssize_t count = PyList_GET_SIZE(parts);
    type->names = PyTuple_New(count);
    bool bare = type->kind == TYPE_ENUM || type->kind == TYPE_FLAGS;
    if (type->names == NULL || reserve_items(type, bare ? 0 : count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *part = PyList_GET_ITEM(parts, i);
        PyObject *label = bare ? part : PyTuple_GET_ITEM(part, 0);
        PyTuple_SET_ITEM(type->names, i, Py_NewRef(label));
        if (!bare && read_item(type, i, PyTuple_GET_ITEM(part, 1), classes) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ("callable", name, ([(parameter, type)…], result)). */
static int read_callable(Type *type, PyObject *description, PyObject *classes)
{
    PyObject *params, *result;
    if (!PyArg_ParseTuple(PyTuple_GET_ITEM(description, 2), "O!O", &PyList_Type, &params, &result)) {
        return -1;
    }
    Py_ssize_t count = PyList_GET_SIZE(params);
    type->signature = Py_NewRef(PyTuple_GET_ITEM(description, 2));
    type->names = PyTuple_New(count);
    if (type->names == NULL || reserve_items(type, count + 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *param = PyList_GET_ITEM(params, i);
        PyTuple_SET_ITEM(type->names, i, Py_NewRef(PyTuple_GET_ITEM(param, 0)));
        if (read_item(type, i, PyTuple_GET_ITEM(param, 1), classes) < 0) {
            return -1;
        }
    }
    return read_item(type, count, result, classes);
}

static int read_handle(Type *type, PyObject *description, PyObject *classes)
{
    PyObject *name = PyTuple_GET_ITEM(description, 1);
    type->own = PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(description, 2), "own") == 0;
    type->cls = Py_XNewRef(PyDict_GetItemWithError(classes, name));
    /* Things of the host are handles; in the guest that has the resource it is a class of its own. */
    if (type->cls == NULL || !PyType_Check(type->cls)) {
        if (!PyErr_Occurred()) {
            PyErr_Format(PyExc_SystemError, "no class for the resource %R", name);
        }
        return -1;
    }
    return 0;
}

static int read_body(Type *type, PyObject *description, PyObject *classes)
{
    switch (type->kind) {
    case TYPE_LIST:
    case TYPE_OPTION:
    case TYPE_RESULT: {
        Py_ssize_t count = PyTuple_GET_SIZE(description) - 1;
        if (reserve_items(type, count) < 0) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < count; i++) {
            if (read_item(type, i, PyTuple_GET_ITEM(description, i + 1), classes) < 0) {
                return -1;
            }
        }
        return 0;
    }
    case TYPE_TUPLE: {
        PyObject *parts = PyTuple_GET_ITEM(description, 1);
        if (reserve_items(type, PyList_GET_SIZE(parts)) < 0) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < type->count; i++) {
            if (read_item(type, i, PyList_GET_ITEM(parts, i), classes) < 0) {
                return -1;
            }
        }
        return 0;
    }
    case TYPE_RECORD:
    case TYPE_VARIANT:
    case TYPE_ENUM:
    case TYPE_FLAGS:
        return read_named(type, description, classes);
    case TYPE_HANDLE:
        return read_handle(type, description, classes);
    case TYPE_CALLABLE:
        return read_callable(type, description, classes);
    default:
        return 0;
    }
}

Type *type_read(PyObject *description, PyObject *classes)
{
    const char *kind = NULL;
    if (PyTuple_Check(description) && PyTuple_GET_SIZE(description) > 0
        && PyUnicode_Check(PyTuple_GET_ITEM(description, 0))) {
        kind = PyUnicode_AsUTF8(PyTuple_GET_ITEM(description, 0));
    }
    for (int i = 0; kind != NULL && i < TYPE_KINDS; i++) {
        if (strcmp(kind, KIND_NAMES[i]) != 0) {
            continue;
        }
        Type *type = PyMem_Calloc(1, sizeof(Type));
        if (type == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        type->kind = (Kind)i;
        type->users = 1;
        if (read_body(type, description, classes) < 0) {
            type_free(type);
            return NULL;
        }
        return type;
    }
    if (!PyErr_Occurred()) {
        PyErr_Format(PyExc_ImportError, "a type this python.wasm does not know: %R", description);
    }
    return NULL;
}
