/* Numbers, bools and characters: checked, to a slot or to the wire. */
#include "encode.h"

#include <math.h>
#include <string.h>

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
            result = refuse_range(place, type, number);
        }
    }
    else if (overflow != 0 || small < RANGES[type->kind].low || small > (int64_t)RANGES[type->kind].high) {
        result = refuse_range(place, type, number);
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
    return vanishes ? refuse_range(place, type, value) : 0;
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

int encode_scalar(Writer *writer, const Type *type, PyObject *value, const Place *place)
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
