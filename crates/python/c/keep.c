/* Makes the snapshot's memory stay as it is while a run goes on.
 *
 * Native runs map the snapshot and get a copy of each page that they write; a page costs microseconds, and a run that
 * only reads should write none. So nothing of the snapshot is counted any more (all of it is immortal, which CPython
 * has a word for), and what a run allocates lies together, not in the small holes that the start left everywhere.
 */
#define Py_BUILD_CORE 1
#include "amphi.h"

#include "internal/pycore_gc.h"
#include "internal/pycore_object.h"

#include <stdlib.h>
#include <string.h>

static int keep(PyObject *object, void *unused);

/* A code object is no part of garbage collection, though it has parts. */
static void keep_code(PyCodeObject *code)
{
    PyObject *parts[] = {
        code->co_consts, code->co_names, code->co_exceptiontable, code->co_localsplusnames, code->co_localspluskinds,
        code->co_filename, code->co_name, code->co_qualname, code->co_linetable,
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        keep(parts[i], NULL);
    }
}

static void keep_parts(PyObject *object)
{
    traverseproc traverse = Py_TYPE(object)->tp_traverse;
    if (PyCode_Check(object)) {
        keep_code((PyCodeObject *)object);
    }
    else if (PyObject_IS_GC(object) && traverse != NULL) {
        traverse(object, keep, NULL);
    }
}

static int keep(PyObject *object, void *unused)
{
    if (object == NULL || _Py_IsImmortal(object)) {
        return 0;
    }
    object->ob_refcnt = _Py_IMMORTAL_REFCNT;
    /* Garbage collection shows every object that it tracks; the parts of others are reached from here. */
    if (!PyObject_IS_GC(object) || !_PyObject_GC_IS_TRACKED(object)) {
        keep_parts(object);
    }
    return 0;
}

static int keep_tracked(PyObject *object, void *unused)
{
    keep(object, NULL);
    keep_parts(object);
    return 1; /* go on */
}

/* Takes every free chunk below the heap's untouched end, and empties it: zeros cost the snapshot nothing. */
static void fill_holes(void)
{
    const size_t largest = 1 << 20;
    char *end = malloc(largest);
    free(end);
    for (size_t size = largest; size > 0; size -= size > 4096 ? 4096 : 16) {
        char *hole;
        while ((hole = malloc(size)) != NULL && hole < end) {
            memset(hole, 0, size);
        }
        free(hole);
    }
}

void amphi_keep(void)
{
    PyUnstable_GC_VisitObjects(keep_tracked, NULL);
    fill_holes();
}
