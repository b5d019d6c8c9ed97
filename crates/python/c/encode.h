/* What the encoder is made of: the bytes of a message, and errors that name a value's place in it. */
#ifndef AMPHI_ENCODE_H
#define AMPHI_ENCODE_H

#include "amphi.h"

/* ---- the bytes of a message: writer.c. Each gives -1 with an exception set on failure. ---- */

/* Room for so many bytes more, or NULL with an exception set. */
char *writer_extend(Writer *writer, size_t more);
int put_tag(Writer *writer, uint8_t tag);
int put_word(Writer *writer, uint8_t tag, uint32_t word);
int put_long(Writer *writer, uint8_t tag, const void *eight);
int put_bytes(Writer *writer, const void *bytes, size_t length);
/* A length and the text itself, without a tag. */
int put_name(Writer *writer, PyObject *text);
int put_text(Writer *writer, PyObject *text);
int put_int(Writer *writer, PyObject *value);
/* Keeps the buffer until the host has answered: its bytes go by address, not by copy. */
int put_buffer(Writer *writer, PyObject *value);

/* ---- errors that name the place: place.c. Each sets an exception and gives -1. ---- */

/* The value is not of that type. */
int refuse(const Place *place, const Type *type, PyObject *value);
/* What Python says of a value that cannot be read, with the place before it. */
int refuse_unreadable(const Place *place);
int refuse_range(const Place *place, const Type *type, PyObject *value);
/* A tuple of so many items, where the type has another number. */
int refuse_count(const Place *place, const Type *type, Py_ssize_t count);
/* A dict has a key that is no field of the record. */
int refuse_field(const Place *place, const Type *type, PyObject *dict);

/* ---- what fits a slot: scalar.c ---- */

int encode_scalar(Writer *writer, const Type *type, PyObject *value, const Place *place);

#endif
