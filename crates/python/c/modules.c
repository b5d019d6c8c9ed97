/* The C extension modules that python.wasm is linked with beside CPython's own: none. A link that adds some has a table of
 * its own in this one's place, which src/extend.rs writes.
 */
#include "amphi.h"

struct _inittab amphi_modules[] = {{NULL, NULL}};
