/* The entry of python.wasm: the interpreter's start, split in two by a snapshot.
 *
 * `wizer-initialize` runs once, when python.wasm is built: it initialises CPython and imports the common modules.
 * `_start` runs in every sandbox: it redoes what a snapshot must not freeze (command line, environment, working
 * directory, standard streams, random's seed) and then hands over to CPython's own Py_RunMain. A build without a
 * snapshot works too: `_start` then does both.
 *
 * `amphi_serve` is `_start` without the end: the program has run, and what it defined can be called (see enter.c) until
 * `amphi_finish`.
 */
#define Py_BUILD_CORE 1
#include "amphi.h"

#include "internal/pycore_initconfig.h"
#include "internal/pycore_pylifecycle.h"
#include "internal/pycore_pystate.h"
#include "internal/pycore_runtime.h"
#include "internal/pycore_sysmodule.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/libc-environ.h>
#include <wasi/libc.h>

#define PREFIX L"/"
#define STANDARD_LIBRARY L"/lib/python313.zip"

extern char **environ;
void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
void __wasilibc_reset_preopens(void);
PyStatus init_sys_streams(PyThreadState *tstate); /* see patches/snapshot.patch */
void pymain_run_python(int *exitcode);            /* see patches/serve.patch */

static bool initialised, serving;

static void check(PyStatus status)
{
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status); /* also the quiet end of -V and --help */
    }
}

static void check_call(int result, const char *what)
{
    if (result < 0) {
        PyErr_Print();
        check(PyStatus_Error(what));
    }
}

/* What is the same for the snapshot and every run. Nothing is looked for: a sandbox has one place for the library. */
static void fixed_places(PyConfig *config)
{
    check(PyConfig_SetString(config, &config->home, PREFIX));
    check(PyConfig_SetString(config, &config->prefix, PREFIX));
    check(PyConfig_SetString(config, &config->base_prefix, PREFIX));
    check(PyConfig_SetString(config, &config->exec_prefix, PREFIX));
    check(PyConfig_SetString(config, &config->base_exec_prefix, PREFIX));
    check(PyConfig_SetString(config, &config->executable, L""));
    check(PyConfig_SetString(config, &config->base_executable, L""));
    check(PyConfig_SetString(config, &config->stdlib_dir, STANDARD_LIBRARY));
    check(PyConfig_SetString(config, &config->program_name, L"python"));
    config->module_search_paths_set = 1;
}

/* ---- once, when python.wasm is built ------------------------------------------------------------------------ */

static void initialise(void)
{
    /* WASI has no file locks, and a sandbox has one process: SQLite must not ask for them. */
    sqlite3_vfs_register(sqlite3_vfs_find("unix-none"), 1);

    PyPreConfig preconfig;
    PyPreConfig_InitPythonConfig(&preconfig);
    preconfig.utf8_mode = 1;
    preconfig.use_environment = 0;
    check(Py_PreInitialize(&preconfig));
    if (PyImport_AppendInittab("_amphi", PyInit__amphi) < 0 || PyImport_ExtendInittab(amphi_modules) < 0) {
        check(PyStatus_NoMemory());
    }

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.use_environment = 0;
    config.parse_argv = 0;
    config.user_site_directory = 0;
    config.use_hash_seed = 1; /* frozen by the snapshot: said in docs/python.md */
    config.hash_seed = 0;
    fixed_places(&config);
    check(PyWideStringList_Append(&config.module_search_paths, STANDARD_LIBRARY));
    check(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
    check_call(PyRun_SimpleString("import amphi._snapshot"), "the snapshot's modules cannot be imported");
}

__attribute__((export_name("wizer-initialize"))) void wizer_initialize(void)
{
    __wasm_call_ctors();
    initialise();
    initialised = true;
    /* What the snapshot holds is never garbage: later collections need not look at it, nor touch its pages. */
    check_call(PyRun_SimpleString("import gc; gc.collect(); gc.freeze(); del gc"), "the garbage cannot be collected");
    check_call(amphi_remember_modules(), "the modules cannot be listed");
    amphi_keep();
    __wasilibc_deinitialize_environ();
    __wasilibc_reset_preopens();
}

/* ---- in every sandbox --------------------------------------------------------------------------------------- */

/* PYTHONPATH, then the library, as CPython's own path calculation orders them. */
static void search_paths(PyConfig *config)
{
    if (config->pythonpath_env != NULL) {
        wchar_t *paths = _PyMem_RawWcsdup(config->pythonpath_env);
        if (paths == NULL) {
            check(PyStatus_NoMemory());
        }
        for (wchar_t *rest = paths, *path; (path = rest) != NULL;) {
            rest = wcschr(path, L':');
            if (rest != NULL) {
                *rest++ = L'\0';
            }
            check(PyWideStringList_Append(&config->module_search_paths, path));
        }
        PyMem_RawFree(paths);
    }
    check(PyWideStringList_Append(&config->module_search_paths, STANDARD_LIBRARY));
}

static void no_effect(const char *option, const char *why)
{
    fprintf(stderr, "python: %s has no effect here: %s\n", option, why);
}

static bool x_option(const PyConfig *config, const wchar_t *name)
{
    size_t length = wcslen(name);
    for (Py_ssize_t i = 0; i < config->xoptions.length; i++) {
        const wchar_t *option = config->xoptions.items[i];
        if (wcsncmp(option, name, length) == 0 && (option[length] == L'\0' || option[length] == L'=')) {
            return true;
        }
    }
    return false;
}

/* Options whose effect would have to come before the snapshot, or needs what WASI lacks. */
static void refuse_options(const PyConfig *config)
{
    if (config->use_hash_seed == 0 || config->hash_seed != 0) {
        if (config->use_environment && getenv("PYTHONHASHSEED") != NULL) {
            no_effect("PYTHONHASHSEED", "the hash seed is part of the snapshot and is 0");
        }
    }
    if (config->site_import == 0) {
        no_effect("-S", "site is part of the snapshot");
    }
    if (x_option(config, L"dev") || (config->use_environment && getenv("PYTHONDEVMODE") != NULL)) {
        no_effect("-X dev", "its allocator hooks and fault handler would have to come before the snapshot; try -W default -b");
    }
    if (x_option(config, L"faulthandler")) {
        no_effect("-X faulthandler", "WASI has no fault signals");
    }
    if (x_option(config, L"perf") || x_option(config, L"perf_jit")) {
        no_effect("-X perf", "there is no perf in a sandbox");
    }
    if (x_option(config, L"frozen_modules")) {
        no_effect("-X frozen_modules", "the modules are part of the snapshot");
    }
    if (x_option(config, L"utf8")) {
        no_effect("-X utf8", "UTF-8 mode is part of the snapshot and is on");
    }
}

/* Reads the command line and the environment as CPython does, and makes them the interpreter's. */
static void configure(int argc, char **argv)
{
    PyThreadState *tstate = _PyThreadState_GET();
    /* What the snapshot was told to ignore counts again. */
    _PyRuntime.preconfig.use_environment = 1;
    _PyRuntime.preconfig.isolated = 0;

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    fixed_places(&config);
    check(PyConfig_SetBytesArgv(&config, argc, argv));
    check(PyConfig_Read(&config));
    search_paths(&config);
    refuse_options(&config);
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    config.site_import = 1;
    check(_PyConfig_Copy(&tstate->interp->config, &config));
    check(_PyConfig_Write(&config, tstate->interp->runtime));
    PyConfig_Clear(&config);
    tstate->interp->long_state.max_str_digits = tstate->interp->config.int_max_str_digits;
    check_call(_PySys_UpdateConfig(tstate), "sys cannot be brought up to date");
    if (tstate->interp->config.tracemalloc) {
        check_call(_PyTraceMalloc_Start(tstate->interp->config.tracemalloc), "tracemalloc cannot start");
    }
}

/* Refills the dict that os.environ is a view of. */
static void refill_environ(void)
{
    PyObject *posix = PyImport_ImportModule("posix");
    PyObject *dict = posix == NULL ? NULL : PyObject_GetAttrString(posix, "environ");
    if (dict == NULL || !PyDict_Check(dict)) {
        check_call(-1, "posix.environ is missing");
    }
    PyDict_Clear(dict);
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL) {
            continue;
        }
        PyObject *key = PyBytes_FromStringAndSize(*entry, equals - *entry);
        PyObject *value = PyBytes_FromString(equals + 1);
        check_call(key == NULL || value == NULL || PyDict_SetDefault(dict, key, value) == NULL ? -1 : 0,
                   "the environment cannot be read");
        Py_DECREF(key);
        Py_DECREF(value);
    }
    Py_DECREF(dict);
    Py_DECREF(posix);
}

/* The rest, in Python: random's seed, warning filters. See py/amphi/_start.py. */
static void restart_modules(void)
{
    PyObject *module = PyImport_ImportModule("amphi._start");
    PyObject *result = module == NULL ? NULL : PyObject_CallMethod(module, "restart", "i", serving);
    check_call(result == NULL ? -1 : 0, "the modules cannot be restarted");
    Py_DECREF(result);
    Py_DECREF(module);
}

/* Called by __main_void with the guest's arguments. */
int main(int argc, char **argv)
{
    const char *directory = getenv("PWD");
    if (directory != NULL && chdir(directory) < 0) {
        fprintf(stderr, "python: cannot change to PWD=%s: %s\n", directory, strerror(errno));
    }
    if (!initialised) {
        initialise();
    }
    amphi_running = true;
    configure(argc, argv);
    refill_environ();
    /* The new REPL needs curses and termios; without them it would print a warning and start the basic one. */
    setenv("PYTHON_BASIC_REPL", "1", 1);
    check(init_sys_streams(_PyThreadState_GET()));
    restart_modules();
    if (!serving) {
        return Py_RunMain();
    }
    int code = 0;
    pymain_run_python(&code);
    amphi_flush();
    return code;
}

/* The command line is read, and main called. */
static int begin(void)
{
    if (!initialised) {
        __wasm_call_ctors();
    }
    return __main_void();
}

__attribute__((visibility("default"))) void _start(void)
{
    int code = begin();
    __wasm_call_dtors();
    if (code != 0) {
        _Exit(code);
    }
}

AMPHI_EXPORT("amphi_serve") int32_t amphi_serve(void)
{
    serving = true;
    return begin();
}

/* Memory is again what it was when the program had run, of so many pages; those after them are empty. Whether the guest
 * can go on from there: what the run drew from the world before must not show. */
AMPHI_EXPORT("amphi_again") int32_t amphi_again(uint32_t pages)
{
    amphi_spare_from(pages);
    PyObject *module = PyImport_ImportModule("amphi._start");
    PyObject *result = module == NULL ? NULL : PyObject_CallMethod(module, "again", NULL);
    int again = result == NULL ? 0 : PyObject_IsTrue(result);
    PyErr_Clear();
    Py_XDECREF(result);
    Py_XDECREF(module);
    return again;
}

/* What is buffered is written, what was to happen at the exit happens. */
AMPHI_EXPORT("amphi_finish") int32_t amphi_finish(void)
{
    int code = Py_FinalizeEx() < 0 ? 120 : 0;
    __wasm_call_dtors();
    return code;
}
