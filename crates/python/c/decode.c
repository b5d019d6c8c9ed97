/* The wire to Python values. The host is trusted with meaning but not with lengths: every read is checked. */
#include "amphi.h"

#include <string.h>

typedef struct {
    const char *at, *end;
    bool lenient; /* what its class refuses is what it is without one */
} Reader;

static int short_of(Reader *reader, size_t length)
{
    if (length <= (size_t)(reader->end - reader->at)) {
        return 0;
    }
    PyErr_SetString(PyExc_SystemError, "the host's reply is cut short");
    return -1;
}

static int take(Reader *reader, void *out, size_t length)
{
    if (short_of(reader, length) < 0) {
        return -1;
    }
    memcpy(out, reader->at, length);
    reader->at += length;
    return 0;
}

static bool is_ascii(const char *at, size_t length)
{
    uint64_t seen = 0;
    for (; length >= sizeof seen; at += sizeof seen, length -= sizeof seen) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        seen |= word;
    }
    for (; length > 0; at++, length--) {
        seen |= (uint8_t)*at;
    }
    return (seen & 0x8080808080808080) == 0;
}

/* CPython looks at four bytes at a time, and shares its texts of one letter. */
static PyObject *text_new(const char *at, size_t length)
{
    if (length < 2 || !is_ascii(at, length)) {
        return PyUnicode_DecodeUTF8(at, (Py_ssize_t)length, NULL);
    }
    PyObject *text = PyUnicode_New((Py_ssize_t)length, 0x7f);
    if (text != NULL) {
        memcpy(PyUnicode_1BYTE_DATA(text), at, length);
    }
    return text;
}

static PyObject *take_text(Reader *reader)
{
    uint32_t length;
    if (take(reader, &length, 4) < 0 || short_of(reader, length) < 0) {
        return NULL;
    }
    PyObject *text = text_new(reader->at, length);
    reader->at += length;
    return text;
}

PyObject *decode_flat(uint64_t slot, const Type *type)
{
    switch (type->kind) {
    case TYPE_BOOL:
        return PyBool_FromLong(slot != 0);
    case TYPE_F32: {
        float number;
        memcpy(&number, &slot, 4);
        return PyFloat_FromDouble(number);
    }
    case TYPE_F64: {
        double number;
        memcpy(&number, &slot, 8);
        return PyFloat_FromDouble(number);
    }
    case TYPE_CHAR: {
        Py_UCS4 character = (Py_UCS4)slot;
        return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, &character, 1);
    }
    case TYPE_U64:
        return PyLong_FromUnsignedLongLong(slot);
    default:
        return PyLong_FromLongLong((int64_t)slot);
    }
}

static PyObject *decode_value(Reader *reader, const Type *type, int depth);

/* What a class made of something, or that itself, which is taken over. */
static PyObject *made_of(const Reader *reader, PyObject *made, PyObject *plain)
{
    if (made == NULL && reader->lenient && PyErr_ExceptionMatches(PyExc_Exception)) {
        PyErr_Clear();
        return plain;
    }
    Py_DECREF(plain);
    return made;
}

/* The type of item `index`, or NULL for untyped. */
static const Type *item_type(const Type *type, Kind kind, Py_ssize_t index)
{
    return type != NULL && type->kind == kind && index < type->count ? type->items[index] : NULL;
}

static PyObject *decode_items(Reader *reader, const Type *type, bool list, int depth)
{
    uint32_t count;
    if (take(reader, &count, 4) < 0 || short_of(reader, count) < 0) {
        return NULL;
    }
    PyObject *items = list ? PyList_New(count) : PyTuple_New(count);
    for (uint32_t i = 0; items != NULL && i < count; i++) {
        const Type *inner = list ? item_type(type, TYPE_LIST, 0) : item_type(type, TYPE_TUPLE, i);
        PyObject *item = decode_value(reader, inner, depth);
        if (item == NULL) {
            Py_CLEAR(items);
        }
        else if (list) {
            PyList_SET_ITEM(items, i, item);
        }
        else {
            PyTuple_SET_ITEM(items, i, item);
        }
    }
    return items;
}

/* Untyped records become dicts; typed ones instances of their class, whose fields the host sends by name. */
static PyObject *decode_record(Reader *reader, const Type *type, int depth)
{
    uint32_t count;
    PyObject *fields = take(reader, &count, 4) < 0 ? NULL : PyDict_New();
    bool typed = type != NULL && type->kind == TYPE_RECORD;
    for (uint32_t i = 0; fields != NULL && i < count; i++) {
        PyObject *name = take_text(reader);
        PyObject *value = name == NULL ? NULL : decode_value(reader, typed ? item_type(type, TYPE_RECORD, i) : NULL, depth);
        if (value == NULL || PyDict_SetItem(fields, name, value) < 0) {
            Py_CLEAR(fields);
        }
        Py_XDECREF(name);
        Py_XDECREF(value);
    }
    if (fields == NULL || !typed) {
        return fields;
    }
    PyObject *none = PyTuple_New(0);
    PyObject *record = none == NULL ? NULL : PyObject_Call(type->cls, none, fields);
    Py_XDECREF(none);
    return made_of(reader, record, fields);
}

/* The enum's member of that place among the declared names; without a declaration, the place. */
static PyObject *decode_case(uint32_t index, const Type *type)
{
    if (type == NULL || type->kind != TYPE_ENUM || (Py_ssize_t)index >= PyTuple_GET_SIZE(type->names)) {
        return PyLong_FromUnsignedLong(index);
    }
    return PyObject_GetItem(type->cls, PyTuple_GET_ITEM(type->names, (Py_ssize_t)index));
}

/* Words of 32 bits, the lowest first. */
static PyObject *decode_flags(Reader *reader, const Type *type)
{
    uint32_t words;
    if (take(reader, &words, 4) < 0 || short_of(reader, (size_t)words * 4) < 0) {
        return NULL;
    }
    int flags = Py_ASNATIVEBYTES_LITTLE_ENDIAN | Py_ASNATIVEBYTES_UNSIGNED_BUFFER;
    PyObject *number = words == 0 ? PyLong_FromLong(0) : PyLong_FromNativeBytes(reader->at, (size_t)words * 4, flags);
    reader->at += (size_t)words * 4;
    if (number == NULL || type == NULL || type->kind != TYPE_FLAGS) {
        return number;
    }
    return made_of(reader, PyObject_CallOneArg(type->cls, number), number);
}

static PyObject *decode_variant(Reader *reader, const Type *type, int depth)
{
    uint32_t index;
    uint8_t has_payload;
    if (take(reader, &index, 4) < 0 || take(reader, &has_payload, 1) < 0) {
        return NULL;
    }
    PyObject *payload = has_payload ? decode_value(reader, item_type(type, TYPE_VARIANT, index), depth) : Py_NewRef(Py_None);
    if (payload == NULL) {
        return NULL;
    }
    PyObject *value = type != NULL && type->kind == TYPE_VARIANT
        ? PyObject_CallMethod(type->cls, "_make", "kO", (unsigned long)index, payload)
        : Py_BuildValue("(kO)", (unsigned long)index, payload);
    Py_DECREF(payload);
    return value;
}

/* An ok is its value. An err that is not a whole call's, which is raised, is an exception as a value. */
static PyObject *decode_result(Reader *reader, const Type *type, bool err, int depth)
{
    uint8_t has_payload;
    if (take(reader, &has_payload, 1) < 0) {
        return NULL;
    }
    PyObject *payload = has_payload ? decode_value(reader, item_type(type, TYPE_RESULT, err), depth) : Py_NewRef(Py_None);
    if (payload == NULL || !err || error_class == NULL) {
        return payload;
    }
    /* A payload that is a tuple is one argument, too. */
    PyObject *error = PyObject_CallMethod(error_class, "_of_err", "(O)", payload);
    Py_DECREF(payload);
    return error;
}

/* What is there of an option of an option, which None would not tell. */
static PyObject *decode_some(Reader *reader, const Type *type, int depth)
{
    const Type *inner = item_type(type, TYPE_OPTION, 0);
    PyObject *value = decode_value(reader, inner, depth);
    if (value == NULL || inner == NULL || inner->kind != TYPE_OPTION || some_class == NULL) {
        return value;
    }
    PyObject *some = PyObject_CallOneArg(some_class, value);
    Py_DECREF(value);
    return some;
}

/* A thing: a number, and the name of its resource, which a declaration knows better. */
static PyObject *decode_thing(Reader *reader, const Type *type, bool own)
{
    uint32_t number;
    PyObject *name = take(reader, &number, 4) < 0 ? NULL : take_text(reader);
    if (name == NULL) {
        return NULL;
    }
    Py_DECREF(name);
    if (own) {
        return Py_XNewRef(object_lent(number, NULL));
    }
    return handle_new(number, type);
}

static PyObject *decode_value(Reader *reader, const Type *type, int depth)
{
    uint8_t tag;
    uint32_t word;
    if (depth >= DEPTH) {
        PyErr_Format(PyExc_ValueError, "the host's reply nests deeper than %d", DEPTH);
        return NULL;
    }
    if (take(reader, &tag, 1) < 0) {
        return NULL;
    }
    switch (tag) {
    case TAG_NONE:
        return Py_NewRef(Py_None);
    case TAG_FALSE:
    case TAG_TRUE:
        return PyBool_FromLong(tag == TAG_TRUE);
    case TAG_INT: {
        int64_t number;
        return take(reader, &number, 8) < 0 ? NULL : PyLong_FromLongLong(number);
    }
    case TAG_FLOAT: {
        double number;
        return take(reader, &number, 8) < 0 ? NULL : PyFloat_FromDouble(number);
    }
    case TAG_STR:
        return take_text(reader);
    case TAG_BIG_INT:
    case TAG_BYTES: {
        if (take(reader, &word, 4) < 0 || short_of(reader, word) < 0) {
            return NULL;
        }
        const char *bytes = reader->at;
        reader->at += word;
        return tag == TAG_BYTES ? PyBytes_FromStringAndSize(bytes, word)
                                : PyLong_FromNativeBytes(bytes, word, Py_ASNATIVEBYTES_LITTLE_ENDIAN);
    }
    case TAG_LIST:
    case TAG_TUPLE:
        return decode_items(reader, type, tag == TAG_LIST, depth + 1);
    case TAG_RECORD:
        return decode_record(reader, type, depth + 1);
    case TAG_ENUM:
        return take(reader, &word, 4) < 0 ? NULL : decode_case(word, type);
    case TAG_FLAGS:
        return decode_flags(reader, type);
    case TAG_VARIANT:
        return decode_variant(reader, type, depth + 1);
    case TAG_SOME:
        return decode_some(reader, type, depth + 1);
    case TAG_OK:
    case TAG_ERR:
        return decode_result(reader, type, tag == TAG_ERR, depth + 1);
    case TAG_HELD:
    case TAG_OWN:
        return decode_thing(reader, type, tag == TAG_OWN);
    default:
        PyErr_Format(PyExc_SystemError, "the host's reply has an unknown tag %d", tag);
        return NULL;
    }
}

/* The value, if nothing is left. */
static PyObject *whole(const Reader *reader, PyObject *value)
{
    if (value != NULL && reader->at != reader->end) {
        Py_DECREF(value);
        PyErr_SetString(PyExc_SystemError, "the host's reply has bytes left over");
        return NULL;
    }
    return value;
}

static PyObject *decode_whole(Reader *reader, const Type *type)
{
    PyObject *value = decode_value(reader, type, 0);
    return whole(reader, value);
}

PyObject *decode(const char *bytes, size_t length, const Type *type)
{
    return decode_whole(&(Reader){.at = bytes, .end = bytes + length}, type);
}

PyObject *decode_error(const char *bytes, size_t length, const Type *err)
{
    Type *items[] = {NULL, NULL, NULL, (Type *)err};
    const Type record = {.kind = TYPE_TUPLE, .count = 4, .items = items};
    return decode_whole(&(Reader){.at = bytes, .end = bytes + length, .lenient = true}, &record);
}

PyObject *decode_arguments(const char *bytes, size_t length, const Type *type)
{
    Reader reader = {.at = bytes, .end = bytes + length};
    uint8_t tag;
    uint32_t count;
    if (take(&reader, &tag, 1) < 0 || take(&reader, &count, 4) < 0 || short_of(&reader, count) < 0) {
        return NULL;
    }
    PyObject *args = PyTuple_New(count);
    for (uint32_t i = 0; args != NULL && i < count; i++) {
        /* The last type of a callable is its result's. */
        const Type *declared = type != NULL && (Py_ssize_t)i < type->count - 1 ? type->items[i] : NULL;
        PyObject *arg = decode_value(&reader, declared, 1);
        if (arg == NULL) {
            Py_CLEAR(args);
        }
        else {
            PyTuple_SET_ITEM(args, i, arg);
        }
    }
    return whole(&reader, args);
}
