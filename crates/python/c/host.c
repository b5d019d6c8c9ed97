/* The built-in module `_amphi`: host functions as Python callables, and the description of an interface.
 *
 * The Python side (py/amphi/_host.py) makes modules and classes from descriptions; here is only what a call needs.
 */
#include "amphi.h"

#include <stddef.h>
#include <structmember.h>

/* Parameters a call handles without allocating; more are possible. */
#define FEW 8

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    uint32_t index;
    bool flat, method;
    Py_ssize_t count;
    Type **params; /* `count` of them */
    Type *result;  /* NULL: the function gives None */
    PyObject *names; /* tuple of str */
    PyObject *module, *name, *path, *qualified, *doc, *dict;
} Function;

static PyObject *error_class; /* amphi.HostError, set by py/amphi/_host.py */

/* ---- replies ----------------------------------------------------------------------------------------------- */

/* The reply that the host keeps, `length` bytes of it. */
static PyObject *take_kept(int32_t length, const Type *type)
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

/* Raises what the host answered: `code` is what a call import returned below zero. An exception of this guest that went
 * through the host is raised again as itself, so that its traceback goes on. */
static PyObject *raise_host_error(int32_t code)
{
    PyObject *record = take_kept(-(code + 1), NULL);
    if (record != NULL) {
        PyObject *own = PyTuple_Check(record) && PyTuple_GET_SIZE(record) == 5 ? PyTuple_GET_ITEM(record, 4) : NULL;
        if (own != NULL && PyExceptionInstance_Check(own)) {
            PyErr_SetRaisedException(Py_NewRef(own));
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
        return raise_host_error(code);
    }
    return (uint32_t)code <= room ? decode(reply, (size_t)code, type) : take_kept(code, type);
}

/* ---- calls ------------------------------------------------------------------------------------------------- */

static Place argument(const Function *self, Py_ssize_t index)
{
    return (Place){
        .what = "argument",
        .name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(self->names, index)),
        .function = PyUnicode_AsUTF8(self->qualified),
    };
}

static PyObject *call_flat(const Function *self, PyObject *const *args)
{
    uint64_t few[FEW], *slots = few;
    if (self->count > FEW && (slots = PyMem_New(uint64_t, self->count)) == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        /* A small int for a 32-bit parameter is what nearly every call has. */
        if (self->params[i]->kind == TYPE_S32 && PyLong_CheckExact(args[i]) && PyUnstable_Long_IsCompact((PyLongObject *)args[i])) {
            slots[i] = (uint64_t)(int64_t)PyUnstable_Long_CompactValue((PyLongObject *)args[i]);
            continue;
        }
        Place place = argument(self, i);
        if (encode_flat(&slots[i], self->params[i], args[i], &place) < 0) {
            goto done;
        }
    }
    int32_t code = amphi_call_flat(self->index, slots);
    if (code < 0) {
        raise_host_error(code);
    }
    else {
        result = self->result == NULL ? Py_NewRef(Py_None) : decode_flat(slots[0], self->result);
    }
done:
    if (slots != few) {
        PyMem_Free(slots);
    }
    return result;
}

static PyObject *call_wire(const Function *self, PyObject *const *args)
{
    Writer writer;
    char reply[512];
    PyObject *result = NULL;
    writer_start(&writer);
    if (encode_tuple_head(&writer, (uint32_t)self->count) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        Place place = argument(self, i);
        if (encode(&writer, self->params[i], args[i], &place) < 0) {
            goto done;
        }
    }
    int32_t code = amphi_call(self->index, writer.data, (uint32_t)writer.length, reply, sizeof reply);
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (self->params[i]->kind == TYPE_HANDLE && self->params[i]->own && PyObject_TypeCheck(args[i], &Handle_Type)) {
            handle_give(args[i]);
        }
    }
    result = reply_value(code, reply, sizeof reply, self->result);
done:
    writer_finish(&writer);
    return result;
}

/* Puts keyword arguments in their places behind the positional ones. */
static int place_keywords(const Function *self, PyObject **values, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    const char *function = PyUnicode_AsUTF8(self->qualified);
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *keyword = PyTuple_GET_ITEM(keywords, k);
        Py_ssize_t i = 0;
        while (i < self->count && PyUnicode_Compare(PyTuple_GET_ITEM(self->names, i), keyword) != 0) {
            i++;
        }
        if (i == self->count) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, keyword);
            return -1;
        }
        if (values[i] != NULL) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, keyword);
            return -1;
        }
        values[i] = args[given + k];
    }
    for (Py_ssize_t i = 0; i < self->count; i++) {
        if (values[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%U'", function, PyTuple_GET_ITEM(self->names, i));
            return -1;
        }
    }
    return 0;
}

static PyObject *function_call(PyObject *object, PyObject *const *args, size_t flagged, PyObject *keywords)
{
    Function *self = (Function *)object;
    Py_ssize_t given = PyVectorcall_NARGS(flagged);
    if (given > self->count) {
        return PyErr_Format(PyExc_TypeError, "%U() takes %zd argument%s but %zd %s given", self->qualified, self->count,
                            self->count == 1 ? "" : "s", given, given == 1 ? "was" : "were");
    }
    if (given == self->count && keywords == NULL) {
        return self->flat ? call_flat(self, args) : call_wire(self, args);
    }
    PyObject **values = PyMem_Calloc((size_t)self->count + 1, sizeof(PyObject *));
    if (values == NULL) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        values[i] = args[i];
    }
    PyObject *result = NULL;
    if (place_keywords(self, values, args, given, keywords) == 0) {
        result = self->flat ? call_flat(self, values) : call_wire(self, values);
    }
    PyMem_Free(values);
    return result;
}

/* ---- the type ---------------------------------------------------------------------------------------------- */

/* Function(module, name, index, doc, flat, params, result, method, classes); params are (name, type) pairs of a
 * description, and a method's first is what it is called on. */
static PyObject *function_new(PyTypeObject *cls, PyObject *args, PyObject *keywords)
{
    PyObject *module, *name, *doc, *params, *result, *classes;
    unsigned int index;
    int flat, method;
    if (keywords != NULL || !PyArg_ParseTuple(args, "UUIUpO!OpO!", &module, &name, &index, &doc, &flat, &PyList_Type, &params,
                                              &result, &method, &PyDict_Type, &classes)) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_TypeError, "Function() takes no keyword arguments");
        }
        return NULL;
    }
    Function *self = (Function *)cls->tp_alloc(cls, 0);
    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = function_call;
    self->index = index;
    self->flat = flat;
    self->method = method;
    self->module = Py_NewRef(module);
    /* A resource's function has the resource before its name. */
    Py_ssize_t length = PyUnicode_GET_LENGTH(name), dot = PyUnicode_FindChar(name, '.', 0, length, -1);
    self->path = Py_NewRef(name);
    self->name = PyUnicode_Substring(name, dot + 1, length);
    self->doc = Py_NewRef(doc);
    self->qualified = PyUnicode_FromFormat("%U.%U", module, name);
    self->names = PyTuple_New(PyList_GET_SIZE(params));
    self->params = PyMem_Calloc((size_t)PyList_GET_SIZE(params) + 1, sizeof(Type *));
    if (self->name == NULL || self->qualified == NULL || self->names == NULL || self->params == NULL) {
        goto failed;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(params); i++) {
        PyObject *label, *type;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(params, i), "UO", &label, &type)) {
            goto failed;
        }
        PyTuple_SET_ITEM(self->names, i, Py_NewRef(label));
        if ((self->params[i] = type_read(type, classes)) == NULL) {
            goto failed;
        }
        self->count++;
    }
    if (result != Py_None && (self->result = type_read(result, classes)) == NULL) {
        goto failed;
    }
    return (PyObject *)self;
failed:
    Py_DECREF(self);
    return NULL;
}

static void function_dealloc(PyObject *object)
{
    Function *self = (Function *)object;
    for (Py_ssize_t i = 0; i < self->count; i++) {
        type_free(self->params[i]);
    }
    PyMem_Free(self->params);
    type_free(self->result);
    Py_XDECREF(self->names);
    Py_XDECREF(self->module);
    Py_XDECREF(self->name);
    Py_XDECREF(self->path);
    Py_XDECREF(self->qualified);
    Py_XDECREF(self->doc);
    Py_XDECREF(self->dict);
    Py_TYPE(self)->tp_free(object);
}

static PyObject *function_repr(PyObject *object)
{
    return PyUnicode_FromFormat("<host function %U>", ((Function *)object)->qualified);
}

/* A method is bound to what it is found on; another host function stays itself. That all are descriptors makes inspect
 * and help() call them routines. */
static PyObject *function_get(PyObject *object, PyObject *owner, PyObject *cls)
{
    (void)cls;
    if (((Function *)object)->method && owner != NULL && owner != Py_None) {
        return PyMethod_New(object, owner);
    }
    return Py_NewRef(object);
}

static PyMemberDef function_members[] = {
    {"__module__", Py_T_OBJECT_EX, offsetof(Function, module), Py_READONLY, NULL},
    {"__name__", Py_T_OBJECT_EX, offsetof(Function, name), Py_READONLY, NULL},
    {"__qualname__", Py_T_OBJECT_EX, offsetof(Function, path), Py_READONLY, NULL},
    {"__doc__", Py_T_OBJECT_EX, offsetof(Function, doc), Py_READONLY, NULL},
    {NULL},
};

static PyGetSetDef function_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

static PyTypeObject Function_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "amphi.HostFunction",
    .tp_basicsize = sizeof(Function),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Function, vectorcall),
    .tp_call = PyVectorcall_Call,
    .tp_new = function_new,
    .tp_dealloc = function_dealloc,
    .tp_repr = function_repr,
    .tp_descr_get = function_get,
    .tp_members = function_members,
    .tp_getset = function_getset,
    .tp_dictoffset = offsetof(Function, dict),
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
};

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
    return (uint32_t)size <= sizeof reply ? decode(reply, (size_t)size, NULL) : take_kept(size, NULL);
}

PyDoc_STRVAR(set_error_doc, "set_error(cls)\n--\n\nThe class whose _from_record makes an exception of a host's error.");

static PyObject *set_error(PyObject *module, PyObject *cls)
{
    (void)module;
    Py_XSETREF(error_class, Py_NewRef(cls));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"describe", describe, METH_O, describe_doc},
    {"set_error", set_error, METH_O, set_error_doc},
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
