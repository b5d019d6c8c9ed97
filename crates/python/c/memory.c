/* Memory grows only as far as the host lets it. A native engine could refuse a growth by itself, a browser cannot: asked
 * first, both give MemoryError at the same byte.
 */
#include "amphi.h"

#include <errno.h>
#include <stddef.h>

#define PAGE 65536

/* Pages at memory's end that malloc does not know of, and how many there were in all when they were counted: a run that
 * was taken back had grown them, and the host has emptied them. */
static size_t spare, counted;

void amphi_spare_from(size_t page)
{
    counted = __builtin_wasm_memory_size(0);
    spare = counted - page;
}

/* Takes the place of wasi-libc's own, for its malloc. */
void *sbrk(intptr_t increment)
{
    size_t end = __builtin_wasm_memory_size(0), more = (size_t)increment / PAGE;
    if (end != counted) {
        spare = 0; /* somebody else has grown memory: the spare pages are not at its end any more */
    }
    size_t pages = end - spare, fresh = more > spare ? more - spare : 0;
    if (increment == 0) {
        return (void *)(pages * PAGE);
    }
    bool whole = increment > 0 && increment % PAGE == 0;
    if (!whole || (amphi_running && !amphi_may_grow(pages + more)) || __builtin_wasm_memory_grow(0, fresh) == SIZE_MAX) {
        errno = ENOMEM;
        return (void *)-1;
    }
    spare -= more - fresh;
    counted = end + fresh;
    return (void *)(pages * PAGE);
}
