/* The bytes of a message to the host, and what a value is in them. */
#include "encode.h"

#include <stddef.h>
#include <string.h>

/* Bytes at least this long are lent to the host for the call instead of copied into the arguments. */
#define VIEW_FROM 1024

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

char *writer_extend(Writer *writer, size_t more)
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

int put_tag(Writer *writer, uint8_t tag)
{
    char *at = writer_extend(writer, 1);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    return 0;
}

int put_word(Writer *writer, uint8_t tag, uint32_t word)
{
    char *at = writer_extend(writer, 5);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    memcpy(at + 1, &word, 4);
    return 0;
}

int put_long(Writer *writer, uint8_t tag, const void *eight)
{
    char *at = writer_extend(writer, 9);
    if (at == NULL) {
        return -1;
    }
    *at = (char)tag;
    memcpy(at + 1, eight, 8);
    return 0;
}

int put_bytes(Writer *writer, const void *bytes, size_t length)
{
    char *at = writer_extend(writer, length);
    if (at == NULL) {
        return -1;
    }
    memcpy(at, bytes, length);
    return 0;
}

int put_name(Writer *writer, PyObject *text)
{
    Py_ssize_t length;
    const char *utf8 = PyUnicode_AsUTF8AndSize(text, &length);
    if (utf8 == NULL) {
        return -1;
    }
    uint32_t word = (uint32_t)length;
    char *at = writer_extend(writer, 4 + (size_t)length);
    if (at == NULL) {
        return -1;
    }
    memcpy(at, &word, 4);
    memcpy(at + 4, utf8, (size_t)length);
    return 0;
}

int put_text(Writer *writer, PyObject *text)
{
    return put_tag(writer, TAG_STR) < 0 ? -1 : put_name(writer, text);
}

int put_buffer(Writer *writer, PyObject *value)
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

int put_int(Writer *writer, PyObject *value)
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
    char *at = length < 0 || put_word(writer, TAG_BIG_INT, (uint32_t)length) < 0 ? NULL : writer_extend(writer, (size_t)length);
    if (at == NULL) {
        return -1;
    }
    return PyLong_AsNativeBytes(value, at, length, Py_ASNATIVEBYTES_LITTLE_ENDIAN) < 0 ? -1 : 0;
}
