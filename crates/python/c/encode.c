/* Python values to the wire, guided by declared types, with errors that name the place. decode.c goes the other way. */
#include "encode.h"

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

static int check_instance(const Type *type, PyObject *value, const Place *place)
{
    int instance = PyObject_IsInstance(value, type->cls);
    return instance > 0 ? 0 : instance < 0 ? -1 : refuse(place, type, value);
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
    char *at = bits == NULL || put_word(writer, TAG_FLAGS, (uint32_t)words) < 0 ? NULL : writer_extend(writer, (size_t)words * 4);
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

/* ---- whole calls ------------------------------------------------------------------------------------------- */

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
