/* The way of the host into this guest: functions that Python exports, and objects that the host holds and calls.
 *
 * The host puts a message into the room, and calls; the answer lies where the answer's number says until the next call.
 * Calls nest: a message is read before anything is called, and the host reads an answer before it does anything else.
 */
#include "amphi.h"

#include <string.h>

/* A room or an answer of more bytes than this is not kept between calls. */
#define KEPT (1 << 20)

/* ---- messages ----------------------------------------------------------------------------------------------- */

static char small_room[4096];
static char *room = small_room;

AMPHI_EXPORT("amphi_room") char *amphi_room(uint32_t length)
{
    if (room != small_room) {
        PyMem_Free(room);
    }
    room = length <= sizeof small_room ? small_room : PyMem_Malloc(length);
    return room;
}

/* The arguments in the room: a tuple, whose items have the types of a callable, if there is one. */
static PyObject *arguments(uint32_t length, const Type *type)
{
    PyObject *args = room == NULL ? PyErr_NoMemory() : decode_arguments(room, length, type);
    if (length > KEPT) {
        amphi_room(0);
    }
    return args;
}

/* ---- answers ------------------------------------------------------------------------------------------------ */

typedef struct {
    Writer writer;
    PyObject *holds; /* what its handles are of: to let go of it is to drop them, and the host reads the answer first */
    bool failed;
} Answer;

/* The last, which the host reads. It is put here when all of it is written: what Python does meanwhile may call the host,
 * which may call again. */
static Answer last;

static uint64_t give(Answer *answer)
{
    /* The one before first: what is let go of may call the host, and be called. */
    while (last.holds != NULL) {
        Py_CLEAR(last.holds);
    }
    writer_finish(&last.writer);
    writer_move(&last.writer, &answer->writer);
    last.holds = answer->holds;
    const Writer *writer = &last.writer;
    return (uint64_t)answer->failed << 63 | (uint64_t)writer->length << 32 | (uint32_t)(uintptr_t)writer->data;
}

/* The data of an error: what a declared err carries where amphi.HostError is raised for one, else what can cross as it is. */
static bool write_data(Writer *writer, PyObject *data, PyObject *error, const Type *err, const Place *place)
{
    size_t before = writer->length;
    if (err != NULL && error_class != NULL && PyObject_IsInstance(error, error_class) > 0) {
        if (encode_err(writer, err, error, place) == 0) {
            return true;
        }
        PyErr_Clear();
        writer->length = before;
    }
    return encode(writer, &TYPE_OF_ANYTHING, data, place) == 0;
}

/* The exception itself: one of this guest, or what the host gave of another's. */
static bool write_raised(Writer *writer, PyObject *raised, const Place *place)
{
    bool held = PyObject_TypeCheck(raised, &Handle_Type);
    return held ? encode(writer, &TYPE_OF_ANYTHING, raised, place) == 0 : encode_object(writer, raised) == 0;
}

/* (kind, message, traceback, data, the exception itself, where it passed), of a call that was to give a `type`. Nothing of
 * it may fail: what does is left out. */
static void write_error(Answer *answer, const Type *type)
{
    static const char nothing[] = {TAG_NONE};
    enum { DATA = 3, RAISED = 4 };
    PyObject *error = PyErr_GetRaisedException();
    PyObject *record = ask("amphi._error", "record", error);
    Place place = {.what = "error", .name = "error", .function = "amphi"};
    Writer *writer = &answer->writer;
    answer->failed = true;
    answer->holds = NULL;
    writer_start(writer);
    bool whole = record != NULL && PyTuple_Check(record) && encode_tuple_head(writer, (uint32_t)PyTuple_GET_SIZE(record)) == 0;
    for (Py_ssize_t i = 0; whole && i < PyTuple_GET_SIZE(record); i++) {
        PyObject *part = PyTuple_GET_ITEM(record, i);
        whole = i == DATA    ? write_data(writer, part, error, type_err(type), &place)
                : i == RAISED ? write_raised(writer, part, &place)
                              : encode(writer, &TYPE_OF_ANYTHING, part, &place) == 0;
    }
    if (!whole) {
        PyErr_Clear();
        writer_finish(writer);
        writer_start(writer);
        memcpy(writer->data, nothing, sizeof nothing);
        writer->length = sizeof nothing;
    }
    if (writer->handles) {
        answer->holds = Py_XNewRef(record);
    }
    Py_XDECREF(record);
    Py_XDECREF(error);
}

/* What a call gave, or the exception that it raised. */
static void write_value(Answer *answer, PyObject *value, const Type *type, const char *function)
{
    if (value == NULL) {
        write_error(answer, type);
        return;
    }
    Place place = {.what = "result of", .name = function, .function = function};
    Writer *writer = &answer->writer;
    answer->failed = false;
    answer->holds = NULL;
    writer_start(writer);
    int encoded = type == NULL ? encode(writer, &TYPE_OF_ANYTHING, Py_None, &place) : encode(writer, type, value, &place);
    if (encoded == 0 && writer->handles) {
        answer->holds = value;
        return;
    }
    if (encoded < 0) {
        writer_finish(writer);
        write_error(answer, NULL);
    }
    Py_DECREF(value);
}

/* Calls something with the arguments in the room. `type` is a callable's; without one nothing is checked. */
static void call(Answer *answer, PyObject *callable, uint32_t length, const Type *type, const char *function)
{
    PyObject *args = arguments(length, type);
    PyObject *value = args == NULL ? NULL : PyObject_Call(callable, args, NULL);
    Py_XDECREF(args);
    write_value(answer, value, type == NULL ? &TYPE_OF_ANYTHING : type_result(type), function);
}

/* ---- what Python exports ------------------------------------------------------------------------------------ */

typedef struct {
    PyObject *function, *name;
    const Type *type; /* a callable's */
} Exported;

static Exported *exports;
static uint32_t export_count;

/* export(number, function, name, type, classes): the function that the host calls by this number. Numbers are given in
 * order; one that is there already gets another function. */
static PyObject *export(PyObject *module, PyObject *args)
{
    (void)module;
    unsigned int number;
    PyObject *function, *name, *type, *classes;
    if (!PyArg_ParseTuple(args, "IOUOO!", &number, &function, &name, &type, &PyDict_Type, &classes)) {
        return NULL;
    }
    const Type *read = type_read(type, classes);
    if (read == NULL) {
        return NULL;
    }
    if (number >= export_count) {
        Exported *more = PyMem_Realloc(exports, (number + 1) * sizeof(Exported));
        if (more == NULL) {
            type_free(read);
            return PyErr_NoMemory();
        }
        memset(more + export_count, 0, (number + 1 - export_count) * sizeof(Exported));
        exports = more;
        export_count = number + 1;
    }
    Exported gone = exports[number];
    exports[number] = (Exported){.function = Py_NewRef(function), .name = Py_NewRef(name), .type = read};
    Py_XDECREF(gone.function);
    Py_XDECREF(gone.name);
    type_free(gone.type);
    Py_RETURN_NONE;
}

PyMethodDef amphi_enter_methods[] = {
    {"export", export, METH_VARARGS, "export(number, function, name, type, classes)\n--\n\nWhat the host calls by this number."},
    {NULL, NULL, 0, NULL},
};

/* The description of what is exported, as amphi._export makes it. The message is what it is told of the module that this
 * guest is. */
AMPHI_EXPORT("amphi_exports") uint64_t amphi_exports(uint32_t length)
{
    PyObject *told = arguments(length, NULL);
    PyObject *module = told == NULL ? NULL : PyImport_ImportModule("amphi._export");
    PyObject *describe = module == NULL ? NULL : PyObject_GetAttrString(module, "_describe");
    PyObject *description = describe == NULL ? NULL : PyObject_Call(describe, told, NULL);
    Py_XDECREF(describe);
    Py_XDECREF(module);
    Py_XDECREF(told);
    Answer answer;
    write_value(&answer, description, &TYPE_OF_ANYTHING, "amphi");
    return give(&answer);
}

/* ---- calls -------------------------------------------------------------------------------------------------- */

void amphi_flush(void)
{
    static const char *const NAMES[] = {"stdout", "stderr"};
    PyObject *raised = PyErr_GetRaisedException();
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        PyObject *file = PySys_GetObject(NAMES[i]);
        PyObject *flushed = file == NULL || file == Py_None ? NULL : PyObject_CallMethod(file, "flush", NULL);
        Py_XDECREF(flushed);
        PyErr_Clear();
    }
    PyErr_SetRaisedException(raised);
}

AMPHI_EXPORT("amphi_call_export") uint64_t amphi_call_export(uint32_t number, uint32_t length)
{
    Answer answer;
    if (number >= export_count || exports[number].function == NULL) {
        PyErr_Format(PyExc_SystemError, "there is no export %u", number);
        write_error(&answer, NULL);
        return give(&answer);
    }
    Exported exported = exports[number];
    Py_INCREF(exported.function);
    Py_INCREF(exported.name);
    type_share(exported.type);
    call(&answer, exported.function, length, exported.type, PyUnicode_AsUTF8(exported.name));
    type_free(exported.type);
    Py_DECREF(exported.name);
    Py_DECREF(exported.function);
    return give(&answer);
}

AMPHI_EXPORT("amphi_call_object") uint64_t amphi_call_object(uint32_t number, uint32_t length)
{
    const Type *type;
    PyObject *object = object_lent(number, &type);
    Answer answer;
    if (object == NULL) {
        write_error(&answer, NULL);
        return give(&answer);
    }
    Py_INCREF(object);
    type = type_share(type);
    call(&answer, object, length, type, "callable");
    type_free(type);
    Py_DECREF(object);
    return give(&answer);
}
