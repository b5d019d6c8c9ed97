/* Memory grows only as far as the host lets it. A native engine could refuse a growth by itself, a browser cannot: asked
 * first, both give MemoryError at the same byte.
 */
#include "amphi.h"

#include <errno.h>
#include <stddef.h>

#define PAGE 65536

/* Takes the place of wasi-libc's own, for its malloc. */
void *sbrk(intptr_t increment)
{
    size_t pages = __builtin_wasm_memory_size(0), more = (size_t)increment / PAGE;
    if (increment == 0) {
        return (void *)(pages * PAGE);
    }
    bool whole = increment > 0 && increment % PAGE == 0;
    if (!whole || (amphi_running && !amphi_may_grow(pages + more)) || __builtin_wasm_memory_grow(0, more) == SIZE_MAX) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return (void *)(pages * PAGE);
}
