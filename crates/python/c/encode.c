/* Python values to the wire, guided by declared types, with errors that name the place. decode.c goes the other way. */
#include "amphi.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

/* Bytes at least this long are lent to the host for the call instead of copied into the arguments. */
#define VIEW_FROM 1024

/* ---- writing ---------------------------------------------------------------------------------------------- */

void writer_start(Writer *writer)
{
    writer->data = writer->small;
    writer->length = 0;
    writer->capacity = sizeof writer->small;
    writer->views = NULL;
    writer->view_count = 0;
    writer->handles = false;
}

void writer_finish(Writer *writer)
{
    for (size_t i = 0; i < writer->view_count; i++) {
        PyBuffer_Release(&writer->views[i]);
    }
    PyMem_Free(writer->views);
    if (writer->data != writer->small) {
        PyMem_Free(writer->data);
    }
}

void writer_move(Writer *to, const Writer *from)
{
    memcpy(to, from, offsetof(Writer, small));
    if (from->data == from->small) {
        memcpy(to->small, from->small, from->length);
        to->data = to->small;
    }
}

static char *extend(Writer *writer, size_t more)
{
    if (more > writer->capacity - writer->length) {
        size_t capacity = (writer->length + more) * 2;
        char *data = PyMem_Malloc(capacity);
        if (data == NULL) {
            PyErr_NoMemory();
            return NULL;
        }
        memcpy(data, writer->data, writer->length);
        if (writer->data != writer->small) {
            PyMem_Free(writer->data);
        }
        writer->data = data;
        writer->capacity = capacity;
    }
    char *at = writer->data + writer->length;
    writer->length += more;
    return at;
}

static int put_tag(Writer *writer, uint8_t tag)
{
    char *at = extend(writer, 1);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    return 0;
}

static int put_word(Writer *writer, uint8_t tag, uint32_t word)
{
    char *at = extend(writer, 5);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    memcpy(at + 1, &word, 4);
    return 0;
}

static int put_long(Writer *writer, uint8_t tag, const void *eight)
{
    char *at = extend(writer, 9);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    memcpy(at + 1, eight, 8);
    return 0;
}

static int put_bytes(Writer *writer, const void *bytes, size_t length)
{
    char *at = extend(writer, length);
    if (at == NULL) {
        return -1;
    }
    memcpy(at, bytes, length);
    return 0;
}

/* A length and the text itself, without a tag. */
static int put_name(Writer *writer, PyObject *text)
{
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    if (utf8 == NULL) {
        return -1;
    }
    uint32_t word = (uint32_t)length;
    char *at = extend(writer, 4 + (size_t)length);
    if (at == NULL) {
        return -1;
    }
    memcpy(at, &word, 4);
    memcpy(at + 4, utf8, (size_t)length);
    return 0;
}

static int put_text(Writer *writer, PyObject *text)
{
    return put_tag(writer, TAG_STR) < 0 ? -1 : put_name(writer, text);
}

int encode_tuple_head(Writer *writer, uint32_t count)
{
    return put_word(writer, TAG_TUPLE, count);
}

int encode_arguments(Writer *writer, Type *const *types, PyObject *names, PyObject *const *args, Py_ssize_t count,
                     const char *function)
{
    if (encode_tuple_head(writer, (uint32_t)count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        const char *name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(names, i));
        Place place = {.what = "argument", .name = name, .function = function};
        if (encode(writer, types[i], args[i], &place) < 0) {
            return -1;
        }
    }
    return 0;
}

void give_arguments(Type *const *types, PyObject *const *args, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++) {
        if (types[i]->kind == TYPE_HANDLE && types[i]->own && PyObject_TypeCheck(args[i], &Handle_Type)) {
            handle_give(args[i]);
        }
    }
}

/* Keeps the buffer until the host has answered: its bytes go by address, not by copy. */
static int put_buffer(Writer *writer, PyObject *value)
{
    Py_buffer *views = PyMem_Realloc(writer->views, (writer->view_count + 1) * sizeof(Py_buffer));
    if (views == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    writer->views = views;
    Py_buffer *view = &views[writer->view_count];
    if (PyObject_GetBuffer(value, view, PyBUF_SIMPLE) < 0) {
        if (!PyErr_ExceptionMatches(PyExc_BufferError)) {
            return -1;
        }
        /* Such as every other byte of something: a copy of it is in one piece. */
        PyErr_Clear();
        PyObject *copy = PyBytes_FromObject(value);
        int held = copy == NULL ? -1 : PyObject_GetBuffer(copy, view, PyBUF_SIMPLE);
        Py_XDECREF(copy);
        if (held < 0) {
            return -1;
        }
    }
    writer->view_count++;
    uint32_t length = (uint32_t)view->len;
    if (length < VIEW_FROM) {
        return put_word(writer, TAG_BYTES, length) < 0 ? -1 : put_bytes(writer, view->buf, length);
    }
    uint32_t words[2] = {(uint32_t)(uintptr_t)view->buf, length};
    return put_long(writer, TAG_VIEW, words);
}

static int put_int(Writer *writer, PyObject *value)
{
    int overflow;
    int64_t small = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (small == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (overflow == 0) {
        return put_long(writer, TAG_INT, &small);
    }
    Py_ssize_t length = PyLong_AsNativeBytes(value, NULL, 0, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
    char *at = length < 0 || put_word(writer, TAG_BIG_INT, (uint32_t)length) < 0 ? NULL : extend(writer, (size_t)length);
    if (at == NULL) {
        return -1;
    }
    return PyLong_AsNativeBytes(value, at, length, Py_ASNATIVEBYTES_LITTLE_ENDIAN) < 0 ? -1 : 0;
}

/* ---- errors that name the place ---------------------------------------------------------------------------- */

static PyObject *place_text(const Place *place)
{
    if (place->function != NULL) {
        return PyUnicode_FromFormat("%s() %s '%s'", place->function, place->what, place->name);
    }
    PyObject *outer = place_text(place->outer);
    if (outer == NULL) {
        return NULL;
    }
    PyObject *text = place->name != NULL ? PyUnicode_FromFormat("%U, %s '%s'", outer, place->what, place->name)
                                         : PyUnicode_FromFormat("%U, %s %zd", outer, place->what, place->index);
    Py_DECREF(outer);
    return text;
}

static int refuse(const Place *place, const Type *type, PyObject *value)
{
    PyObject *text = place_text(place), *given = text == NULL ? NULL : shown(value);
    if (given != NULL) {
        PyErr_Format(PyExc_TypeError, "%U must be %s, not %U", text, type_name(type), given);
    }
    Py_XDECREF(given);
    Py_XDECREF(text);
    return -1;
}

/* What Python says of a value that cannot be read, with the place before it. */
static int refuse_unreadable(const Place *place)
{
    PyObject *why = PyErr_GetRaisedException();
    /* One that was made for a text and a place in it takes no words. */
    bool wordless = PyErr_GivenExceptionMatches(why, PyExc_UnicodeError);
    PyObject *cls = wordless ? PyExc_ValueError : (PyObject *)Py_TYPE(why), *text = place_text(place);
    if (text != NULL) {
        PyErr_Format(cls, "%U: %S", text, why);
        Py_DECREF(text);
    }
    Py_DECREF(why);
    return -1;
}

static int check_instance(const Type *type, PyObject *value, const Place *place)
{
    int instance = PyObject_IsInstance(value, type->cls);
    return instance > 0 ? 0 : instance < 0 ? -1 : refuse(place, type, value);
}

static int out_of_range(const Place *place, const Type *type, PyObject *value)
{
    PyObject *text = place_text(place), *digits = PyObject_Str(value);
    if (digits == NULL) {
        /* Python shows no number of so many. */
        PyErr_Clear();
        digits = PyUnicode_FromString("it has thousands of digits");
    }
    if (text != NULL && digits != NULL) {
        PyErr_Format(PyExc_OverflowError, "%U is out of range for %s: %U", text, type_name(type), digits);
    }
    Py_XDECREF(digits);
    Py_XDECREF(text);
    return -1;
}

static int refuse_count(const Place *place, const Type *type, Py_ssize_t count)
{
    PyObject *text = place_text(place);
    if (text != NULL) {
        PyErr_Format(PyExc_TypeError, "%U must be a tuple of %zd, not of %zd", text, type->count, count);
        Py_DECREF(text);
    }
    return -1;
}

/* ---- scalars ----------------------------------------------------------------------------------------------- */

static int scalar_int(uint64_t *slot, const Type *type, PyObject *value, const Place *place)
{
    static const struct { int64_t low; uint64_t high; } RANGES[] = {
        [TYPE_S8] = {INT8_MIN, INT8_MAX},   [TYPE_S16] = {INT16_MIN, INT16_MAX}, [TYPE_S32] = {INT32_MIN, INT32_MAX},
        [TYPE_S64] = {INT64_MIN, INT64_MAX}, [TYPE_U8] = {0, UINT8_MAX},          [TYPE_U16] = {0, UINT16_MAX},
        [TYPE_U32] = {0, UINT32_MAX},
    };
    PyObject *number = PyLong_Check(value) ? Py_NewRef(value) : PyIndex_Check(value) ? PyNumber_Index(value) : NULL;
    if (number == NULL) {
        return PyErr_Occurred() ? -1 : refuse(place, type, value);
    }
    int result = 0, overflow;
    int64_t small = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (type->kind == TYPE_U64) {
        *slot = overflow > 0 ? PyLong_AsUnsignedLongLong(number) : (uint64_t)small;
        if (overflow < 0 || (overflow == 0 && small < 0) || PyErr_Occurred()) {
            PyErr_Clear();
            result = out_of_range(place, type, number);
        }
    }
    else if (overflow != 0 || small < RANGES[type->kind].low || small > (int64_t)RANGES[type->kind].high) {
        result = out_of_range(place, type, number);
    }
    else {
        *slot = (uint64_t)small;
    }
    Py_DECREF(number);
    return result;
}

static int scalar_float(double *out, const Type *type, PyObject *value, const Place *place)
{
    if (!PyFloat_Check(value) && !PyLong_Check(value)) {
        PyNumberMethods *methods = Py_TYPE(value)->tp_as_number;
        if (methods == NULL || (methods->nb_float == NULL && methods->nb_index == NULL)) {
            return refuse(place, type, value);
        }
    }
    *out = PyFloat_AsDouble(value);
    if (*out == -1.0 && PyErr_Occurred()) {
        return PyErr_ExceptionMatches(PyExc_OverflowError) ? refuse_unreadable(place) : -1;
    }
    bool vanishes = type->kind == TYPE_F32 && isfinite(*out) && !isfinite((float)*out);
    return vanishes ? out_of_range(place, type, value) : 0;
}

int encode_flat(uint64_t *slot, const Type *type, PyObject *value, const Place *place)
{
    switch (type->kind) {
    case TYPE_BOOL:
        if (!PyBool_Check(value)) {
            return refuse(place, type, value);
        }
        *slot = value == Py_True;
        return 0;
    case TYPE_F32:
    case TYPE_F64: {
        double number;
        if (scalar_float(&number, type, value, place) < 0) {
            return -1;
        }
        float single = (float)number;
        *slot = 0;
        memcpy(slot, type->kind == TYPE_F32 ? (void *)&single : (void *)&number, type->kind == TYPE_F32 ? 4 : 8);
        return 0;
    }
    case TYPE_CHAR:
        if (!PyUnicode_Check(value) || PyUnicode_GET_LENGTH(value) != 1 || Py_UNICODE_IS_SURROGATE(PyUnicode_READ_CHAR(value, 0))) {
            return refuse(place, type, value);
        }
        *slot = PyUnicode_READ_CHAR(value, 0);
        return 0;
    default:
        return scalar_int(slot, type, value, place);
    }
}

static int encode_scalar(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    uint64_t slot;
    double number;
    switch (type->kind) {
    case TYPE_BOOL:
        return encode_flat(&slot, type, value, place) < 0 ? -1 : put_tag(writer, slot ? TAG_TRUE : TAG_FALSE);
    case TYPE_F32:
    case TYPE_F64:
        return scalar_float(&number, type, value, place) < 0 ? -1 : put_long(writer, TAG_FLOAT, &number);
    case TYPE_CHAR:
        return encode_flat(&slot, type, value, place) < 0 ? -1 : put_text(writer, value);
    case TYPE_U64:
        if (encode_flat(&slot, type, value, place) < 0) {
            return -1;
        }
        if (slot > INT64_MAX) {
            PyObject *number_object = PyNumber_Index(value);
            int result = number_object == NULL ? -1 : put_int(writer, number_object);
            Py_XDECREF(number_object);
            return result;
        }
        return put_long(writer, TAG_INT, &slot);
    default:
        return encode_flat(&slot, type, value, place) < 0 ? -1 : put_long(writer, TAG_INT, &slot);
    }
}

/* ---- things that stay where they are ------------------------------------------------------------------------ */

static int put_nameless(Writer *writer, uint8_t tag, int64_t number)
{
    uint32_t nameless = 0;
    return number < 0 || put_word(writer, tag, (uint32_t)number) < 0 ? -1 : put_bytes(writer, &nameless, 4);
}

/* The host knows of what resource it is. */
static int put_handle(Writer *writer, PyObject *handle)
{
    writer->handles = true;
    return put_nameless(writer, TAG_HELD, handle_number(handle));
}

static int put_object(Writer *writer, PyObject *object, const Type *type)
{
    return put_nameless(writer, TAG_OWN, object_lend(object, type));
}

/* A thing of this guest, with the name of its resource. */
static int put_resource(Writer *writer, PyObject *object, const Type *type)
{
    PyObject *name = PyType_GetName((PyTypeObject *)type->cls);
    int64_t number = name == NULL ? -1 : object_lend(object, NULL);
    int result = number < 0 || put_word(writer, TAG_OWN, (uint32_t)number) < 0 ? -1 : put_name(writer, name);
    Py_XDECREF(name);
    return result;
}

int encode_object(Writer *writer, PyObject *object)
{
    return put_object(writer, object, NULL);
}

static int encode_handle(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (check_instance(type, value, place) < 0) {
        return -1;
    }
    return PyObject_TypeCheck(value, &Handle_Type) ? put_handle(writer, value) : put_resource(writer, value, type);
}

static int encode_callable(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (PyObject_TypeCheck(value, &Handle_Type)) {
        return put_handle(writer, value);
    }
    return PyCallable_Check(value) ? put_object(writer, value, type) : refuse(place, type, value);
}

/* ---- compound values --------------------------------------------------------------------------------------- */

static int depth_of(const Place *place)
{
    int depth = 0;
    for (; place->outer != NULL; place = place->outer) {
        depth++;
    }
    return depth;
}

static int encode_text(Writer *writer, PyObject *value, const Place *place)
{
    int result = put_text(writer, value);
    return result < 0 && PyErr_ExceptionMatches(PyExc_UnicodeError) ? refuse_unreadable(place) : result;
}

static int encode_buffer(Writer *writer, PyObject *value, const Place *place)
{
    int result = put_buffer(writer, value);
    return result < 0 && PyErr_ExceptionMatches(PyExc_BufferError) ? refuse_unreadable(place) : result;
}

static int encode_untyped(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (value == Py_None) {
        return put_tag(writer, TAG_NONE);
    }
    if (PyBool_Check(value)) {
        return put_tag(writer, value == Py_True ? TAG_TRUE : TAG_FALSE);
    }
    if (PyLong_Check(value)) {
        return put_int(writer, value);
    }
    if (PyFloat_Check(value)) {
        double number = PyFloat_AS_DOUBLE(value);
        return put_long(writer, TAG_FLOAT, &number);
    }
    if (PyUnicode_Check(value)) {
        return encode_text(writer, value, place);
    }
    if (PyDict_Check(value)) {
        if (put_word(writer, TAG_RECORD, (uint32_t)PyDict_GET_SIZE(value)) < 0) {
            return -1;
        }
        Py_ssize_t position = 0;
        PyObject *key, *item;
        while (PyDict_Next(value, &position, &key, &item)) {
            Place inner = {.outer = place, .what = "key", .index = position};
            if (!PyUnicode_Check(key)) {
                static const Type STRING = {.kind = TYPE_STRING};
                return refuse(&inner, &STRING, key);
            }
            if (put_name(writer, key) < 0 || encode(writer, type, item, &inner) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (PyList_Check(value) || PyTuple_Check(value)) {
        Py_ssize_t count = PySequence_Fast_GET_SIZE(value);
        if (put_word(writer, PyList_Check(value) ? TAG_LIST : TAG_TUPLE, (uint32_t)count) < 0) {
            return -1;
        }
        for (Py_ssize_t i = 0; i < count && i < PySequence_Fast_GET_SIZE(value); i++) {
            Place inner = {.outer = place, .what = "item", .index = i};
            if (encode(writer, type, PySequence_Fast_GET_ITEM(value, i), &inner) < 0) {
                return -1;
            }
        }
        return 0;
    }
    if (PyObject_CheckBuffer(value)) {
        return encode_buffer(writer, value, place);
    }
    if (PyObject_TypeCheck(value, &Handle_Type)) {
        return put_handle(writer, value);
    }
    return PyCallable_Check(value) ? put_object(writer, value, NULL) : refuse(place, type, value);
}

static int encode_sequence(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (PyUnicode_Check(value) || PyBytes_Check(value) || PyDict_Check(value)) {
        return refuse(place, type, value);
    }
    PyObject *items = PySequence_Tuple(value);
    if (items == NULL) {
        if (PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            return refuse(place, type, value);
        }
        return -1;
    }
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    bool list = type->kind == TYPE_LIST;
    int result = -1;
    if (!list && count != type->count) {
        refuse_count(place, type, count);
        goto done;
    }
    if (put_word(writer, list ? TAG_LIST : TAG_TUPLE, (uint32_t)count) < 0) {
        goto done;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        Place inner = {.outer = place, .what = "item", .index = i};
        if (encode(writer, type->items[list ? 0 : i], PyTuple_GET_ITEM(items, i), &inner) < 0) {
            goto done;
        }
    }
    result = 0;
done:
    Py_DECREF(items);
    return result;
}

/* A dict has a key that is no field of the record. */
static int refuse_field(const Place *place, const Type *type, PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *key, *value;
    while (PyDict_Next(dict, &position, &key, &value)) {
        int known = PySequence_Contains(type->names, key);
        if (known != 0) {
            continue;
        }
        PyObject *text = place_text(place);
        if (text != NULL) {
            PyErr_Format(PyExc_ValueError, "%U: there is no field %R in %s", text, key, type_name(type));
            Py_DECREF(text);
        }
        break;
    }
    return -1;
}

/* A record is its class's instance, a dict, or any object with the fields as attributes. */
static int encode_record(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (put_word(writer, TAG_RECORD, (uint32_t)type->count) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < type->count; i++) {
        PyObject *name = PyTuple_GET_ITEM(type->names, i);
        PyObject *field = PyDict_Check(value) ? Py_XNewRef(PyDict_GetItemWithError(value, name)) : PyObject_GetAttr(value, name);
        if (field == NULL) {
            if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
                return -1;
            }
            PyErr_Clear();
            return refuse(place, type, value);
        }
        Place inner = {.outer = place, .what = "field", .name = PyUnicode_AsUTF8(name)};
        int result = put_name(writer, name) < 0 ? -1 : encode(writer, type->items[i], field, &inner);
        Py_DECREF(field);
        if (result < 0) {
            return -1;
        }
    }
    return PyDict_Check(value) && PyDict_GET_SIZE(value) > type->count ? refuse_field(place, type, value) : 0;
}

/* None, or what is there: of an option of an option that is an amphi.Some, unless it cannot be mistaken. */
static int encode_option(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (value == Py_None) {
        return put_tag(writer, TAG_NONE);
    }
    if (put_tag(writer, TAG_SOME) < 0) {
        return -1;
    }
    if (type->items[0]->kind != TYPE_OPTION || some_class == NULL || !Py_IS_TYPE(value, (PyTypeObject *)some_class)) {
        return encode(writer, type->items[0], value, place);
    }
    return encode(writer, type->items[0], PyTuple_GET_ITEM(value, 0), place);
}

/* What an exception carries: itself as text where the declaration wants text, else its `data`, or what it was made with. */
static PyObject *carried(const Type *type, PyObject *error)
{
    if (type->kind == TYPE_STRING) {
        return PyObject_Str(error);
    }
    PyObject *data;
    if (PyObject_GetOptionalAttrString(error, "data", &data) < 0 || (data != NULL && data != Py_None)) {
        return data;
    }
    Py_XDECREF(data);
    PyObject *args = PyObject_GetAttrString(error, "args");
    if (args == NULL || !PyTuple_Check(args) || PyTuple_GET_SIZE(args) != 1) {
        return args;
    }
    PyObject *single = Py_NewRef(PyTuple_GET_ITEM(args, 0));
    Py_DECREF(args);
    return single;
}

int encode_err(Writer *writer, const Type *type, PyObject *error, const Place *place)
{
    PyObject *inside = carried(type, error);
    int result = inside == NULL ? -1 : encode(writer, type, inside, place);
    Py_XDECREF(inside);
    return result;
}

/* An exception is an err, all else an ok. */
static int encode_result(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    bool err = PyExceptionInstance_Check(value);
    const Type *payload = type->items[err];
    if (put_tag(writer, err ? TAG_ERR : TAG_OK) < 0 || put_tag(writer, payload != NULL) < 0) {
        return -1;
    }
    if (payload == NULL) {
        return err || value == Py_None ? 0 : refuse(place, type, value);
    }
    Place inner = {.outer = place, .what = "case", .name = err ? "err" : "ok"};
    return err ? encode_err(writer, payload, value, &inner) : encode(writer, payload, value, &inner);
}

/* The bits of a flags class's member, as words of 32 bits, the lowest first. */
static int encode_flags(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (check_instance(type, value, place) < 0) {
        return -1;
    }
    Py_ssize_t words = (PyTuple_GET_SIZE(type->names) + 31) / 32;
    PyObject *bits = PyObject_GetAttrString(value, "value");
    char *at = bits == NULL || put_word(writer, TAG_FLAGS, (uint32_t)words) < 0 ? NULL : extend(writer, (size_t)words * 4);
    int flags = Py_ASNATIVEBYTES_LITTLE_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER;
    int result = at == NULL || PyLong_AsNativeBytes(bits, at, words * 4, flags) < 0 ? -1 : 0;
    Py_XDECREF(bits);
    return result;
}

/* The place of an enum's member among the declared names: members have values of their own. */
static int enum_case(uint32_t *number, const Type *type, PyObject *value, const Place *place)
{
    if (check_instance(type, value, place) < 0) {
        return -1;
    }
    PyObject *name = PyObject_GetAttrString(value, "name");
    Py_ssize_t index = name == NULL ? -1 : PySequence_Index(type->names, name);
    Py_XDECREF(name);
    *number = (uint32_t)index;
    return index < 0 ? -1 : 0;
}

/* The number of the case that a variant's value has. */
static int variant_case(uint32_t *number, const Type *type, PyObject *value, const Place *place)
{
    if (check_instance(type, value, place) < 0) {
        return -1;
    }
    PyObject *carried = PyObject_GetAttrString(value, "_index");
    if (carried == NULL) {
        return -1;
    }
    *number = (uint32_t)PyLong_AsUnsignedLong(carried);
    Py_DECREF(carried);
    return PyErr_Occurred() ? -1 : 0;
}

static int encode_variant(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    uint32_t index;
    if (variant_case(&index, type, value, place) < 0) {
        return -1;
    }
    const Type *payload = index < (uint32_t)type->count ? type->items[index] : NULL;
    if (put_word(writer, TAG_VARIANT, index) < 0 || put_tag(writer, payload != NULL) < 0) {
        return -1;
    }
    if (payload == NULL) {
        return 0;
    }
    PyObject *inside = PyObject_GetAttrString(value, "_payload");
    if (inside == NULL) {
        return -1;
    }
    Place inner = {.outer = place, .what = "case", .name = PyUnicode_AsUTF8(PyTuple_GET_ITEM(type->names, (Py_ssize_t)index))};
    int result = encode(writer, payload, inside, &inner);
    Py_DECREF(inside);
    return result;
}

int encode(Writer *writer, const Type *type, PyObject *value, const Place *place)
{
    if (depth_of(place) >= DEPTH) {
        PyErr_Format(PyExc_ValueError, "a value nests deeper than %d", DEPTH);
        return -1;
    }
    uint32_t number;
    switch (type->kind) {
    case TYPE_STRING:
        return PyUnicode_Check(value) ? encode_text(writer, value, place) : refuse(place, type, value);
    case TYPE_BYTES:
        return PyObject_CheckBuffer(value) ? encode_buffer(writer, value, place) : refuse(place, type, value);
    case TYPE_ANY:
        return encode_untyped(writer, type, value, place);
    case TYPE_LIST:
    case TYPE_TUPLE:
        return encode_sequence(writer, type, value, place);
    case TYPE_OPTION:
        return encode_option(writer, type, value, place);
    case TYPE_RECORD:
        return encode_record(writer, type, value, place);
    case TYPE_VARIANT:
        return encode_variant(writer, type, value, place);
    case TYPE_ENUM:
        return enum_case(&number, type, value, place) < 0 ? -1 : put_word(writer, TAG_ENUM, number);
    case TYPE_FLAGS:
        return encode_flags(writer, type, value, place);
    case TYPE_RESULT:
        return encode_result(writer, type, value, place);
    case TYPE_HANDLE:
        return encode_handle(writer, type, value, place);
    case TYPE_CALLABLE:
        return encode_callable(writer, type, value, place);
    default:
        return encode_scalar(writer, type, value, place);
    }
}
