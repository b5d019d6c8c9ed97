/* The wire to Python values. The host is trusted with meaning but not with lengths: every read is checked. */
#include "amphi.h"

#include <string.h>

typedef struct {
    const char *at, *end;
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

static PyObject *take_text(Reader *reader)
{
    uint32_t length;
    if (take(reader, &length, 4) < 0 || short_of(reader, length) < 0) {
        return NULL;
    }
    PyObject *text = PyUnicode_DecodeUTF8(reader->at, length, NULL);
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
    Py_DECREF(fields);
    return record;
}

static PyObject *decode_number(uint32_t number, const Type *type)
{
    PyObject *plain = PyLong_FromUnsignedLong(number);
    if (plain == NULL || type == NULL || type->cls == NULL) {
        return plain;
    }
    PyObject *member = PyObject_CallOneArg(type->cls, plain);
    Py_DECREF(plain);
    return member;
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

/* An ok is its value. An err that reaches Python here is a value of its own: a call's err comes as an error record. */
static PyObject *decode_result(Reader *reader, const Type *type, Py_ssize_t side, int depth)
{
    uint8_t has_payload;
    if (take(reader, &has_payload, 1) < 0) {
        return NULL;
    }
    return has_payload ? decode_value(reader, item_type(type, TYPE_RESULT, side), depth) : Py_NewRef(Py_None);
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
        return take(reader, &word, 4) < 0 ? NULL : decode_number(word, type);
    case TAG_FLAGS: {
        uint32_t words, low = 0;
        if (take(reader, &words, 4) < 0 || (words > 0 && take(reader, &low, 4) < 0)) {
            return NULL;
        }
        return decode_number(low, type);
    }
    case TAG_VARIANT:
        return decode_variant(reader, type, depth + 1);
    case TAG_SOME:
        return decode_value(reader, item_type(type, TYPE_OPTION, 0), depth + 1);
    case TAG_OK:
    case TAG_ERR:
        return decode_result(reader, type, tag == TAG_ERR, depth + 1);
    default:
        PyErr_Format(PyExc_SystemError, "the host's reply has an unknown tag %d", tag);
        return NULL;
    }
}

PyObject *decode(const char *bytes, size_t length, const Type *type)
{
    Reader reader = {bytes, bytes + length};
    PyObject *value = decode_value(&reader, type, 0);
    if (value != NULL && reader.at != reader.end) {
        Py_DECREF(value);
        PyErr_SetString(PyExc_SystemError, "the host's reply has bytes left over");
        return NULL;
    }
    return value;
}
