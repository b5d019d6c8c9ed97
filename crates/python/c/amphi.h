/* What the parts of the bridge share: the host-call imports, declared types and the wire.
 *
 * The bridge is linked into python.wasm. It knows the import module `amphi:host@1` and CPython; it must never know
 * which habitat answers. The same table stands in Rust in crates/core/src/abi.rs, the wire in crates/core/src/wire.rs.
 */
#ifndef AMPHI_H
#define AMPHI_H

#include "names.h"

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#define AMPHI_IMPORT(name) __attribute__((import_module("amphi:host@1"), import_name(name)))

/* -1: no such interface. Otherwise the length of its description, written to `out` when it fits `cap`, else kept. */
AMPHI_IMPORT("interface_describe")
int32_t amphi_interface_describe(const char *name, uint32_t name_len, char *out, uint32_t cap);

/* Length of the reply, written when it fits `cap`, else kept; below zero, -(length)-1 of a kept error record, or
 * AMPHI_MOVED: no function has that number any more, and the interface is to be described again. */
#define AMPHI_MOVED INT32_MIN
AMPHI_IMPORT("call")
int32_t amphi_call(uint32_t function, const char *args, uint32_t args_len, char *reply, uint32_t cap);

/* The fast path for scalars: one u64 a parameter, the result in place of the first. 0, or below zero as `call`. */
AMPHI_IMPORT("call_flat")
int32_t amphi_call_flat(uint32_t function, uint64_t *slots);

/* Copies the kept reply out and drops it. */
AMPHI_IMPORT("reply_take")
int32_t amphi_reply_take(char *out, uint32_t cap);

/* 0, or the number of a signal to raise. Never blocks. */
AMPHI_IMPORT("interrupt")
int32_t amphi_interrupt(void);

/* Whether memory may grow to so many pages of 64 KiB. */
AMPHI_IMPORT("may_grow")
int32_t amphi_may_grow(uint32_t pages);

/* Calls something callable that the guest holds; otherwise as `call`. */
AMPHI_IMPORT("handle_call")
int32_t amphi_handle_call(uint32_t handle, const char *args, uint32_t args_len, char *reply, uint32_t cap);

/* The guest no longer holds it. */
AMPHI_IMPORT("handle_drop")
int32_t amphi_handle_drop(uint32_t handle);

/* Pages of memory from that one to its end are empty and nobody's: malloc takes them before it has memory grow. */
void amphi_spare_from(size_t page);

/* What the host calls; crates/core/src/abi.rs lists them. */
#define AMPHI_EXPORT(name) __attribute__((export_name(name)))

/* False while the snapshot is made: there is no host yet that could be asked. */
extern bool amphi_running;

typedef enum {
    TYPE_BOOL, TYPE_S8, TYPE_S16, TYPE_S32, TYPE_S64, TYPE_U8, TYPE_U16, TYPE_U32, TYPE_U64, TYPE_F32, TYPE_F64,
    TYPE_CHAR,
    /* What comes before this line fits one flat slot. */
    TYPE_STRING, TYPE_BYTES, TYPE_ANY, TYPE_LIST, TYPE_TUPLE, TYPE_OPTION, TYPE_RESULT, TYPE_RECORD, TYPE_VARIANT,
    TYPE_ENUM, TYPE_FLAGS, TYPE_HANDLE, TYPE_CALLABLE,
    TYPE_KINDS,
} Kind;

/* A declared type. `items` holds element, field or case types (NULL where a case or a result has no payload); those of a
 * callable are its parameters' and, last, its result's. */
typedef struct Type {
    Kind kind;
    bool own; /* a handle that is given away */
    Py_ssize_t users;
    Py_ssize_t count;
    struct Type **items;
    PyObject *names;     /* tuple of str: fields, cases, flags or parameters; NULL for types without */
    PyObject *cls;       /* the Python class of a named type; NULL for types without */
    PyObject *signature; /* of a callable, as its description has it; NULL for other types */
} Type;

/* Reads a description's type; `classes` maps a named type to its class. NULL with an exception set on failure. */
Type *type_read(PyObject *description, PyObject *classes);
/* One user more, and one less: with the last it is freed. */
const Type *type_share(const Type *type);
void type_free(const Type *type);
/* What values without a declaration are. */
extern const Type TYPE_OF_ANYTHING;
/* What an error calls the type: its declared name, or its kind. */
const char *type_name(const Type *type);
/* What a callable gives, or NULL for None. */
const Type *type_result(const Type *callable);
/* How many arguments a call of so many parameters needs: options at the end may be left out. */
Py_ssize_t types_required(Type *const *params, Py_ssize_t count);
/* The payload of a result's err, or NULL: of other types, too. */
const Type *type_err(const Type *type);

/* The wire, version 1: a tag, then its payload, little-endian. Its twin is crates/core/src/wire.rs. */
enum {
    TAG_NONE, TAG_FALSE, TAG_TRUE, TAG_INT, TAG_BIG_INT, TAG_FLOAT, TAG_STR, TAG_BYTES, TAG_VIEW, TAG_LIST, TAG_TUPLE,
    TAG_RECORD, TAG_ENUM, TAG_FLAGS, TAG_VARIANT, TAG_SOME, TAG_OK, TAG_ERR,
    TAG_HELD, /* a thing of the host or of another guest */
    TAG_OWN,  /* a thing of this guest */
};

/* As deep as values nest, on both sides of the boundary. */
#define DEPTH 64

/* Where in a call's arguments the encoder is, so that an error can name it; a chain from the value outwards. */
typedef struct Place {
    const struct Place *outer;
    const char *what;     /* "argument", "field", "item", "case" */
    const char *name;     /* NULL: use index */
    Py_ssize_t index;
    const char *function; /* set on the outermost place only: "demo.demo" */
} Place;

/* Bytes that a message has room for on the stack: a short call and its reply need no other. */
#define SHORT 2048

/* Bytes under way to the host. Short calls never leave `small`. */
typedef struct {
    char *data;
    size_t length, capacity;
    Py_buffer *views; /* buffers that must stay where they are until the host has answered */
    size_t view_count;
    bool handles; /* things of the host are in it */
    char small[SHORT];
} Writer;

void writer_start(Writer *writer);
void writer_finish(Writer *writer);
/* To one that holds nothing; the other holds nothing then. */
void writer_move(Writer *to, const Writer *from);

int encode_tuple_head(Writer *writer, uint32_t count);
int encode(Writer *writer, const Type *type, PyObject *value, const Place *place);
/* As many arguments as there are types. */
int encode_arguments(Writer *writer, Type *const *types, PyObject *names, PyObject *const *args, Py_ssize_t count,
                     const char *function);
/* What was to be given away is the host's now. */
void give_arguments(Type *const *types, PyObject *const *args, Py_ssize_t count);
/* What an exception carries as the err of a declared result. */
int encode_err(Writer *writer, const Type *type, PyObject *error, const Place *place);
/* Lends an object to the host, whatever it is. */
int encode_object(Writer *writer, PyObject *object);
int encode_flat(uint64_t *slot, const Type *type, PyObject *value, const Place *place);
PyObject *decode_flat(uint64_t slot, const Type *type);
/* A whole wire value of `length` bytes; `type` NULL reads it as untyped. */
PyObject *decode(const char *bytes, size_t length, const Type *type);
/* An error record: (kind, message, traceback, data, exception, where it passed). Data are of the declared err's type, if
 * there is one, unless another error brings its own. */
PyObject *decode_error(const char *bytes, size_t length, const Type *err);
/* The arguments of a call: a tuple, its items typed as the parameters of a callable, if `type` is not NULL. */
PyObject *decode_arguments(const char *bytes, size_t length, const Type *type);

/* ---- things that stay where they are: handle.c ---- */

/* amphi.Handle: something of the host that this guest holds. Resources are its subclasses. */
extern PyTypeObject Handle_Type;

/* The host's number for it. -1 with an exception set where it was given away. */
int64_t handle_number(PyObject *handle);
/* The guest holds it no longer: it went to the host for good. */
void handle_give(PyObject *handle);
/* A handle for a thing that the host gave, as it is declared, if `type` is not NULL. */
PyObject *handle_new(uint32_t number, const Type *type);

/* Lends an object to the host until it says that it holds it no longer; `type` is a callable's, or NULL. Its number, or
 * -1 with an exception set. */
int64_t object_lend(PyObject *object, const Type *type);
/* The object of that number, borrowed, or NULL with an exception set; its type if `type` is not NULL. */
PyObject *object_lent(uint32_t number, const Type **type);

/* ---- replies of the host: host.c ---- */

/* What a call import returned: the reply's value, or NULL with the exception raised. `reply` is the room it was given. */
PyObject *reply_value(int32_t code, const char *reply, uint32_t room, const Type *type);
/* Raises what the host answered below zero; `type` is what was to come. Gives NULL. */
PyObject *raise_reply(int32_t code, const Type *type);
/* amphi.HostError, amphi.Some; NULL while the snapshot is made. */
extern PyObject *error_class, *some_class;
/* What a function of one of the package's modules gives for one argument. NULL with an exception set. */
PyObject *ask(const char *module, const char *function, PyObject *argument);
/* A value for a message: `'x' (str)`. NULL with an exception set. */
PyObject *shown(PyObject *value);

/* Takes over what the host declares of the module of that name by now: 1 if there is anything new, else the exception that
 * was raised before stays. -1 with an exception set. */
int renew(PyObject *module);

/* amphi.HostFunction, a host function as a callable: function.c */
extern PyTypeObject Function_Type;

/* Notes which modules the snapshot holds, so that the end of a run can tell them from its own. */
int amphi_remember_modules(void);

/* Writes what sys.stdout and sys.stderr hold back. */
void amphi_flush(void);

/* `_amphi.export(number, function, name, type, classes)` and what else the module `_amphi` has of enter.c. */
extern PyMethodDef amphi_enter_methods[];

/* Makes all that there is immortal, so that runs write less of it. */
void amphi_keep(void);

/* C extension modules beside CPython's own, ended by an empty one. */
extern struct _inittab amphi_modules[];

/* The built-in module `_amphi`. */
PyMODINIT_FUNC PyInit__amphi(void);

#endif
