/* A module of Python's in C. It is linked into the interpreter; `bar` needs no more than that. `demo` asks the host, by an
 * import of its own: two numbers go out, one comes back, and nothing is patched or wrapped.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

/* The module and the function of the host that it is. */
__attribute__((import_module("demo"), import_name("demo"))) int host_demo(int a, int b);

static PyObject *bar(PyObject *self, PyObject *args)
{
    (void)self, (void)args;
    return PyLong_FromLong(3);
}

static PyObject *demo(PyObject *self, PyObject *args)
{
    (void)self;
    int a, b;
    if (!PyArg_ParseTuple(args, "ii", &a, &b)) {
        return NULL;
    }
    return PyLong_FromLong(host_demo(a, b));
}

static PyMethodDef methods[] = {
    {"bar", bar, METH_NOARGS, "Gives 3."},
    {"demo", demo, METH_VARARGS, "Has the host work on two numbers."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "demo", "A module in C.", 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_demo(void)
{
    return PyModuleDef_Init(&definition);
}
