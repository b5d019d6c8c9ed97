/* Things that stay on the side that made them: what the host has and this guest holds, and the other way round.
 *
 * A thing of the host is an amphi.Handle, or an instance of the subclass that its interface declares; when Python drops
 * it, the host is told. An object of this guest that the host holds has a number here, and a reference.
 */
#include "amphi.h"

/* ---- what the host has -------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    uint32_t number;
    bool held;        /* false once it was given away */
    const Type *type; /* a callable's, or NULL */
} Handle;

PyObject *handle_new(uint32_t number, const Type *type)
{
    bool resource = type != NULL && type->kind == TYPE_HANDLE && PyType_IsSubtype((PyTypeObject *)type->cls, &Handle_Type);
    PyTypeObject *cls = resource ? (PyTypeObject *)type->cls : &Handle_Type;
    Handle *self = (Handle *)cls->tp_alloc(cls, 0);
    if (self == NULL) {
        amphi_handle_drop(number);
        return NULL;
    }
    self->number = number;
    self->held = true;
    self->type = type != NULL && type->kind == TYPE_CALLABLE ? type_share(type) : NULL;
    return (PyObject *)self;
}

int64_t handle_number(PyObject *handle)
{
    Handle *self = (Handle *)handle;
    if (!self->held) {
        PyErr_Format(PyExc_ValueError, "this %s was given away", Py_TYPE(handle)->tp_name);
        return -1;
    }
    return self->number;
}

void handle_give(PyObject *handle)
{
    Handle *self = (Handle *)handle;
    if (self->held) {
        self->held = false;
        amphi_handle_drop(self->number);
    }
}

static PyObject *handle_refuse(PyTypeObject *cls, PyObject *args, PyObject *keywords)
{
    (void)args;
    (void)keywords;
    return PyErr_Format(PyExc_TypeError, "%s cannot be made here: the host gives it", cls->tp_name);
}

static void handle_dealloc(PyObject *handle)
{
    handle_give(handle);
    type_free(((Handle *)handle)->type);
    Py_TYPE(handle)->tp_free(handle);
}

static PyObject *handle_repr(PyObject *handle)
{
    Handle *self = (Handle *)handle;
    return self->held ? PyUnicode_FromFormat("<%s %u of the host>", Py_TYPE(handle)->tp_name, self->number)
                      : PyUnicode_FromFormat("<%s that was given away>", Py_TYPE(handle)->tp_name);
}

/* The arguments of a callable, as it is declared, if `type` is not NULL. */
static int put_arguments(Writer *writer, const Type *type, PyObject *args)
{
    if (type == NULL) {
        Place place = {.what = "argument", .name = "arguments", .function = "callable"};
        return encode(writer, &TYPE_OF_ANYTHING, args, &place);
    }
    Py_ssize_t count = type->count - 1, required = types_required(type->items, count), given = PyTuple_GET_SIZE(args);
    if (given < required || given > count) {
        Py_ssize_t wanted = given < required ? required : count;
        PyErr_Format(PyExc_TypeError, "callable() takes %s%zd argument%s but %zd %s given",
                     required == count ? "" : given < required ? "at least " : "at most ", wanted, wanted == 1 ? "" : "s", given,
                     given == 1 ? "was" : "were");
        return -1;
    }
    if (given == count) {
        return encode_arguments(writer, type->items, type->names, &PyTuple_GET_ITEM(args, 0), count, "callable");
    }
    PyObject **values = PyMem_New(PyObject *, (size_t)count + 1);
    if (values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] = i < given ? PyTuple_GET_ITEM(args, i) : Py_None;
    }
    int result = encode_arguments(writer, type->items, type->names, values, count, "callable");
    PyMem_Free(values);
    return result;
}

/* Calls what the host gave as a callable. */
static PyObject *handle_call(PyObject *handle, PyObject *args, PyObject *keywords)
{
    if (keywords != NULL && PyDict_GET_SIZE(keywords) > 0) {
        return PyErr_Format(PyExc_TypeError, "a callable of the host takes no keyword arguments");
    }
    int64_t number = handle_number(handle);
    if (number < 0) {
        return NULL;
    }
    /* What is called may have the handle dropped. */
    const Type *type = type_share(((Handle *)handle)->type);
    Writer writer;
    char reply[SHORT];
    PyObject *result = NULL;
    writer_start(&writer);
    if (put_arguments(&writer, type, args) == 0) {
        int32_t code = amphi_handle_call((uint32_t)number, writer.data, (uint32_t)writer.length, reply, sizeof reply);
        if (type != NULL) {
            give_arguments(type->items, &PyTuple_GET_ITEM(args, 0), PyTuple_GET_SIZE(args));
        }
        result = reply_value(code, reply, sizeof reply, type == NULL ? NULL : type_result(type));
    }
    writer_finish(&writer);
    type_free(type);
    return result;
}

/* What inspect and help() show of a callable: an instance has it, its class has none. */
static PyObject *handle_getattro(PyObject *handle, PyObject *name)
{
    const Type *type = ((Handle *)handle)->type;
    if (type == NULL || !PyUnicode_Check(name) || PyUnicode_CompareWithASCIIString(name, "__signature__") != 0) {
        return PyObject_GenericGetAttr(handle, name);
    }
    return ask("amphi._type", "callable_signature", type->signature);
}

PyTypeObject Handle_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "amphi.Handle",
    .tp_doc = PyDoc_STR("Something of the host that Python holds, such as a callable."),
    .tp_basicsize = sizeof(Handle),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = handle_refuse,
    .tp_dealloc = handle_dealloc,
    .tp_repr = handle_repr,
    .tp_call = handle_call,
    .tp_getattro = handle_getattro,
};

/* ---- what the host holds ------------------------------------------------------------------------------------ */

typedef struct {
    PyObject *object; /* NULL: the number is free */
    const Type *type;
    int64_t next_free; /* -1: none */
} Lent;

static Lent *lent;
static uint32_t lent_count, lent_room;
static int64_t first_free = -1;

int64_t object_lend(PyObject *object, const Type *type)
{
    int64_t number = first_free;
    if (number >= 0) {
        first_free = lent[number].next_free;
    }
    else {
        if (lent_count == lent_room) {
            uint32_t room = lent_room == 0 ? 16 : lent_room * 2;
            Lent *more = PyMem_Realloc(lent, room * sizeof(Lent));
            if (more == NULL) {
                PyErr_NoMemory();
                return -1;
            }
            lent = more;
            lent_room = room;
        }
        number = lent_count++;
    }
    lent[number] = (Lent){.object = Py_NewRef(object), .type = type_share(type)};
    return number;
}

PyObject *object_lent(uint32_t number, const Type **type)
{
    if (number >= lent_count || lent[number].object == NULL) {
        PyErr_Format(PyExc_SystemError, "the host named an object %u that it does not hold", number);
        return NULL;
    }
    if (type != NULL) {
        *type = lent[number].type;
    }
    return lent[number].object;
}

AMPHI_EXPORT("amphi_release") void amphi_release(uint32_t number)
{
    if (number >= lent_count || lent[number].object == NULL) {
        return;
    }
    Lent gone = lent[number];
    lent[number] = (Lent){.next_free = first_free};
    first_free = number;
    /* Its finalizer may do anything, while an exception of somebody else is on its way. */
    PyObject *raised = PyErr_GetRaisedException();
    type_free(gone.type);
    Py_DECREF(gone.object);
    PyErr_SetRaisedException(raised);
}
