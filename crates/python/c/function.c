/* `_amphi.HostFunction`: a host function as a Python callable. Owns how its arguments cross and its result comes back.
 */
#include "amphi.h"

#include <stddef.h>
#include <structmember.h>

/* Parameters a call handles without allocating; more are possible. */
#define FEW 8

/* How a function is called. The host may declare it otherwise while a call is under way, which goes on as it began. */
typedef struct {
    uint32_t users, index;
    bool flat, method;
    Py_ssize_t count, required; /* those after the required ones are options, and None where they are not given */
    PyObject *names; /* tuple of str */
    Type *result;    /* NULL: the function gives None */
    Type *params[];  /* `count` of them */
} Form;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    Form *form;
    PyObject *module, *name, *path, *qualified, *doc, *dict;
} Function;

/* ---- forms -------------------------------------------------------------------------------------------------- */

static void form_free(Form *form)
{
    if (form == NULL || --form->users > 0) {
        return;
    }
    for (Py_ssize_t i = 0; i < form->count; i++) {
        type_free(form->params[i]);
    }
    type_free(form->result);
    Py_XDECREF(form->names);
    PyMem_Free(form);
}

/* From (index, doc, flat, params, result, method, classes), which stand in `args` from `first` on; params are (name, type)
 * pairs of a description, and a method's first is what it is called on. */
static Form *form_new(PyObject *args, Py_ssize_t first, PyObject **doc)
{
    PyObject *params, *result, *classes, *form_args = PyTuple_GetSlice(args, first, PyTuple_GET_SIZE(args));
    unsigned int index;
    int flat, method;
    Form *form = NULL;
    if (form_args == NULL
        || !PyArg_ParseTuple(form_args, "IUpO!OpO!", &index, doc, &flat, &PyList_Type, &params, &result, &method, &PyDict_Type,
                             &classes)) {
        goto done;
    }
    size_t size = sizeof(Form) + (size_t)PyList_GET_SIZE(params) * sizeof(Type *);
    if ((form = PyMem_Calloc(1, size)) == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    *form = (Form){.users = 1, .index = index, .flat = flat, .method = method, .names = PyTuple_New(PyList_GET_SIZE(params))};
    bool whole = form->names != NULL;
    for (Py_ssize_t i = 0; whole && i < PyList_GET_SIZE(params); i++) {
        PyObject *label, *type;
        whole = PyArg_ParseTuple(PyList_GET_ITEM(params, i), "UO", &label, &type);
        if (whole) {
            PyTuple_SET_ITEM(form->names, i, Py_NewRef(label));
            form->params[i] = type_read(type, classes);
            whole = form->params[i] != NULL;
            form->count++;
        }
    }
    form->required = whole ? types_required(form->params, form->count) : 0;
    if (!whole || (result != Py_None && (form->result = type_read(result, classes)) == NULL)) {
        form_free(form);
        form = NULL;
    }
done:
    Py_XDECREF(form_args);
    return form;
}

/* ---- calls -------------------------------------------------------------------------------------------------- */

/* A call of one function. */
typedef struct {
    const Function *function;
    const Form *form;
    bool taken; /* the host took it */
} Call;

static Place argument(const Call *call, Py_ssize_t index)
{
    return (Place){
        .what = "argument",
        .name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(call->form->names, index)),
        .function = PyUnicode_AsUTF8(call->function->qualified),
    };
}

static PyObject *call_flat(Call *call, PyObject *const *args)
{
    const Form *form = call->form;
    uint64_t few[FEW], *slots = few;
    if (form->count > FEW && (slots = PyMem_New(uint64_t, form->count)) == NULL) {
        return PyErr_NoMemory();
    }
    PyObject *result = NULL;
    for (Py_ssize_t i = 0; i < form->count; i++) {
        /* A small int for a 32-bit parameter is what nearly every call has. */
        if (form->params[i]->kind == TYPE_S32 && PyLong_CheckExact(args[i]) && PyUnstable_Long_IsCompact((PyLongObject *)args[i])) {
            slots[i] = (uint64_t)(int64_t)PyUnstable_Long_CompactValue((PyLongObject *)args[i]);
            continue;
        }
        Place place = argument(call, i);
        if (encode_flat(&slots[i], form->params[i], args[i], &place) < 0) {
            goto done;
        }
    }
    int32_t code = amphi_call_flat(form->index, slots);
    call->taken = code != AMPHI_MOVED;
    if (code >= 0) {
        result = form->result == NULL ? Py_NewRef(Py_None) : decode_flat(slots[0], form->result);
    }
    else if (call->taken) {
        raise_reply(code, NULL);
    }
done:
    if (slots != few) {
        PyMem_Free(slots);
    }
    return result;
}

static PyObject *call_wire(Call *call, PyObject *const *args)
{
    const Form *form = call->form;
    Writer writer;
    char reply[SHORT];
    PyObject *result = NULL;
    writer_start(&writer);
    const char *function = PyUnicode_AsUTF8(call->function->qualified);
    if (encode_arguments(&writer, form->params, form->names, args, form->count, function) < 0) {
        goto done;
    }
    int32_t code = amphi_call(form->index, writer.data, (uint32_t)writer.length, reply, sizeof reply);
    call->taken = code != AMPHI_MOVED;
    if (!call->taken) {
        goto done;
    }
    give_arguments(form->params, args, form->count);
    result = reply_value(code, reply, sizeof reply, form->result);
done:
    writer_finish(&writer);
    return result;
}

/* Puts keyword arguments in their places behind the positional ones. */
static int place_keywords(const Call *call, PyObject **values, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    const char *function = PyUnicode_AsUTF8(call->function->qualified);
    PyObject *names = call->form->names;
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords), count = call->form->count;
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *keyword = PyTuple_GET_ITEM(keywords, k);
        Py_ssize_t i = 0;
        while (i < count && PyUnicode_Compare(PyTuple_GET_ITEM(names, i), keyword) != 0) {
            i++;
        }
        if (i == count) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", function, keyword);
            return -1;
        }
        if (values[i] != NULL) {
            PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", function, keyword);
            return -1;
        }
        values[i] = args[given + k];
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        if (values[i] == NULL && i >= call->form->required) {
            values[i] = Py_None;
        }
        if (values[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%U'", function, PyTuple_GET_ITEM(names, i));
            return -1;
        }
    }
    return 0;
}

static PyObject *call_placed(Call *call, PyObject *const *args)
{
    return call->form->flat ? call_flat(call, args) : call_wire(call, args);
}

static PyObject *call_form(Call *call, PyObject *const *args, Py_ssize_t given, PyObject *keywords)
{
    Py_ssize_t count = call->form->count;
    if (given > count) {
        return PyErr_Format(PyExc_TypeError, "%U() takes %s%zd argument%s but %zd %s given", call->function->qualified,
                            call->form->required < count ? "at most " : "", count, count == 1 ? "" : "s", given,
                            given == 1 ? "was" : "were");
    }
    if (given == count && keywords == NULL) {
        return call_placed(call, args);
    }
    PyObject **values = PyMem_Calloc((size_t)count + 1, sizeof(PyObject *));
    if (values == NULL) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < given; i++) {
        values[i] = args[i];
    }
    PyObject *result = place_keywords(call, values, args, given, keywords) == 0 ? call_placed(call, values) : NULL;
    PyMem_Free(values);
    return result;
}

/* Whether the call may be made again: a form that has changed shows in that the host knows it no more, or in arguments
 * that do not fit. */
static bool may_be_renewed(void)
{
    return !PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_OverflowError)
        || PyErr_ExceptionMatches(PyExc_ValueError);
}

/* Whether an argument can be read only once. */
static bool has_iterator(PyObject *const *args, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (PyIter_Check(args[i])) {
            return true;
        }
    }
    return false;
}

static PyObject *function_call(PyObject *object, PyObject *const *args, size_t flagged, PyObject *keywords)
{
    const Function *self = (const Function *)object;
    Py_ssize_t given = PyVectorcall_NARGS(flagged), named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    bool once = !self->form->flat && has_iterator(args, given + named);
    if (once && renew(self->module) < 0) {
        return NULL;
    }
    for (bool renewed = once;; renewed = true) {
        Form *form = self->form;
        Call call = {.function = self, .form = form};
        form->users++;
        PyObject *result = call_form(&call, args, given, keywords);
        form_free(form);
        if (result != NULL || call.taken) {
            return result;
        }
        if (renewed || !may_be_renewed() || renew(self->module) <= 0) {
            return PyErr_Occurred() ? NULL
                                    : PyErr_Format(PyExc_AttributeError, "the host module %U has no function %U any more",
                                                   self->module, self->path);
        }
    }
}

/* ---- the type ---------------------------------------------------------------------------------------------- */

/* Function(module, path, and what makes a form). */
static PyObject *function_new(PyTypeObject *cls, PyObject *args, PyObject *keywords)
{
    PyObject *module, *path, *doc;
    if (keywords != NULL || PyTuple_GET_SIZE(args) < 2 || !PyUnicode_Check(module = PyTuple_GET_ITEM(args, 0))
        || !PyUnicode_Check(path = PyTuple_GET_ITEM(args, 1))) {
        PyErr_SetString(PyExc_TypeError, "Function() takes a module, a path and what makes its form");
        return NULL;
    }
    Function *self = (Function *)cls->tp_alloc(cls, 0);
    if (self == NULL) {
        return NULL;
    }
    self->vectorcall = function_call;
    self->module = Py_NewRef(module);
    /* A resource's function has the resource before its name. */
    Py_ssize_t length = PyUnicode_GET_LENGTH(path), dot = PyUnicode_FindChar(path, '.', 0, length, -1);
    self->path = Py_NewRef(path);
    self->name = PyUnicode_Substring(path, dot + 1, length);
    self->qualified = PyUnicode_FromFormat("%U.%U", module, path);
    if (self->name == NULL || self->qualified == NULL || (self->form = form_new(args, 2, &doc)) == NULL) {
        Py_DECREF(self);
        return NULL;
    }
    self->doc = Py_NewRef(doc);
    return (PyObject *)self;
}

PyDoc_STRVAR(become_doc, "become(index, doc, flat, params, result, method, classes)\n--\n\nTakes another form.");

static PyObject *function_become(PyObject *object, PyObject *args)
{
    Function *self = (Function *)object;
    PyObject *doc;
    Form *form = form_new(args, 0, &doc), *before = self->form;
    if (form == NULL) {
        return NULL;
    }
    self->form = form;
    Py_XSETREF(self->doc, Py_NewRef(doc));
    form_free(before);
    Py_RETURN_NONE;
}

static void function_dealloc(PyObject *object)
{
    Function *self = (Function *)object;
    form_free(self->form);
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
    if (((Function *)object)->form->method && owner != NULL && owner != Py_None) {
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

static PyMethodDef function_methods[] = {
    {"become", function_become, METH_VARARGS, become_doc},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef function_getset[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

PyTypeObject Function_Type = {
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
    .tp_methods = function_methods,
    .tp_members = function_members,
    .tp_getset = function_getset,
    .tp_dictoffset = offsetof(Function, dict),
    .tp_getattro = PyObject_GenericGetAttr,
    .tp_setattro = PyObject_GenericSetAttr,
};
