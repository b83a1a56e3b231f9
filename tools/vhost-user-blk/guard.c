// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Copyright (C) 2026 the xen-privcmd authors
 *
 * Touching memory that may not be there: a foreign frame that could not be
 * mapped, or a file that was shortened after it was mapped, is SIGBUS. A thread
 * notes where to go on, touches, and forgets it; the handler goes there. The
 * signal mask is not saved, as that would be two system calls each time: the
 * handler runs with SIGBUS unblocked instead.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "guard.h"

/*
 * The compiler's own pair takes a third of the instructions of sigsetjmp() and
 * siglongjmp(), which count for each request. For arm64 clang has none, and that of
 * GCC 12 crashes when it leaves a signal handler.
 */
#ifdef __x86_64__
typedef void *place_t[5];
#define NOTE(place)  __builtin_setjmp(place)
#define GO_TO(place) __builtin_longjmp(place, 1)
#else
typedef sigjmp_buf place_t;
#define NOTE(place)  sigsetjmp(place, 0)
#define GO_TO(place) siglongjmp(place, 1)
#endif

static _Thread_local place_t *volatile guard;

static void on_sigbus(int signal)
{
	if (guard)
		GO_TO(*guard);
	/* Our own fault: back to the instruction, and to the default action. */
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
}

void guard_start(void)
{
	struct sigaction action = {
		.sa_handler = on_sigbus,
		.sa_flags = SA_NODEFER,
	};

	sigaction(SIGBUS, &action, NULL);
}

/* The whole of a function that touches with @statement. */
#define GUARDED(statement)                       \
	place_t where;                           \
                                                 \
	if (NOTE(where)) {                       \
		guard = NULL;                    \
		return -EFAULT;                  \
	}                                        \
	guard = &where;                          \
	__atomic_signal_fence(__ATOMIC_SEQ_CST); \
	statement;                               \
	__atomic_signal_fence(__ATOMIC_SEQ_CST); \
	guard = NULL;                            \
	return 0

int guard_read(void *to, const void *from, size_t len)
{
	GUARDED(memcpy(to, from, len));
}

int guard_write(void *to, const void *from, size_t len)
{
	GUARDED(memcpy(to, from, len));
}

/* Reads a byte of each 4 KiB, and the last one. */
static void touch(const volatile char *first, size_t len, unsigned int *touched)
{
	for (size_t at = 0; at < len; at += 4096) {
		(void)first[at];
		__atomic_store_n(touched, *touched + 1, __ATOMIC_RELAXED);
	}
	(void)first[len - 1];
}

int guard_touch(const void *from, size_t len, unsigned int *touched)
{
	GUARDED(touch(from, len, touched));
}

int guard_load(uint16_t *value, const uint16_t *from)
{
	GUARDED(*value = __atomic_load_n(from, __ATOMIC_ACQUIRE));
}

int guard_store(uint16_t *to, uint16_t value)
{
	GUARDED(__atomic_store_n(to, value, __ATOMIC_RELEASE));
}
