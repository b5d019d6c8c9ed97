/* Interrupts and interruptible sleep: CPython asks the host from time to time whether a signal is due.
 *
 * WASI has no signals. CPython has a hook for platforms like this one (made for Emscripten, see
 * patches/interrupt.patch): it calls these functions at function entry, at backward jumps and in PyErr_CheckSignals.
 */
#include "amphi.h"

#include <errno.h>
#include <time.h>
#include <wasi/api.h>

/* Checks between two questions to the host: tens of microseconds of Python, so that the question costs nothing. */
#define INTERVAL 1000

int _Py_emscripten_signal_clock = INTERVAL;

bool amphi_running;

void _Py_CheckEmscriptenSignals(void)
{
    if (!amphi_running) {
        return;
    }
    int signal = amphi_interrupt();
    if (signal != 0) {
        PyErr_SetInterruptEx(signal);
    }
}

void _Py_CheckEmscriptenSignalsPeriodically(void)
{
    _Py_emscripten_signal_clock = INTERVAL;
    _Py_CheckEmscriptenSignals();
}

/* wasi-libc turns every failure of a sleep into ENOTSUP. time.sleep needs EINTR to see an interrupt. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request, struct timespec *remain)
{
    (void)remain;
    __wasi_subscription_t subscription = {
        .u.tag = __WASI_EVENTTYPE_CLOCK,
        .u.u.clock = {
            .id = clock == CLOCK_REALTIME ? __WASI_CLOCKID_REALTIME : __WASI_CLOCKID_MONOTONIC,
            .timeout = (uint64_t)request->tv_sec * 1000000000u + (uint64_t)request->tv_nsec,
            .flags = (flags & TIMER_ABSTIME) ? __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME : 0,
        },
    };
    __wasi_event_t event;
    size_t events;
    __wasi_errno_t error = __wasi_poll_oneoff(&subscription, &event, 1, &events);
    if (error == 0 && events == 1) {
        error = event.error;
    }
    return error;
}
