/* Errors that name the place of the value that cannot cross. */
#include "encode.h"

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

int refuse(const Place *place, const Type *type, PyObject *value)
{
    PyObject *text = place_text(place), *given = text == NULL ? NULL : shown(value);
    if (given != NULL) {
        PyErr_Format(PyExc_TypeError, "%U must be %s, not %U", text, type_name(type), given);
    }
    Py_XDECREF(given);
    Py_XDECREF(text);
    return -1;
}

int refuse_unreadable(const Place *place)
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

int refuse_range(const Place *place, const Type *type, PyObject *value)
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

int refuse_count(const Place *place, const Type *type, Py_ssize_t count)
{
    PyObject *text = place_text(place);
    if (text != NULL) {
        PyErr_Format(PyExc_TypeError, "%U must be a tuple of %zd, not of %zd", text, type->count, count);
        Py_DECREF(text);
    }
    return -1;
}

int refuse_field(const Place *place, const Type *type, PyObject *dict)
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
