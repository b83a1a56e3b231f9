// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * Access to memory that may be missing. An access to a foreign frame that could
 * not be mapped is SIGBUS, and so is one beyond the end of a file that was
 * shortened after it was mapped. A thread saves where to continue, accesses the
 * memory, and clears that again. The signal handler continues there.
 *
 * To save and restore the signal mask would take two system calls for each access.
 * So the mask is not saved: the handler runs with SIGBUS unblocked (SA_NODEFER).
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "guard.h"

/*
 * The compiler's own functions need a third of the instructions of sigsetjmp()
 * and siglongjmp(), and each request calls them. For arm64 clang does not have
 * them, and those of GCC 12 crash when they leave a signal handler.
 */
#ifdef __x86_64__
typedef void *context_t[5];
#define SAVE(context)	 __builtin_setjmp(context)
#define RESTORE(context) __builtin_longjmp(context, 1)
#else
typedef sigjmp_buf context_t;
#define SAVE(context)	 sigsetjmp(context, 0)
#define RESTORE(context) siglongjmp(context, 1)
#endif

/* Where this thread continues after SIGBUS; NULL outside of an access. */
static _Thread_local context_t *volatile guard;

static void on_sigbus(int signal)
{
	if (guard)
		RESTORE(*guard);
	/* A bug of this program: repeat the access with the default action. */
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

/* The body of a function that accesses memory with @statement. */
#define GUARDED(statement)                       \
	context_t where;                         \
                                                 \
	if (SAVE(where)) {                       \
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

/* Read one byte of each 4 KiB, and the last byte. */
static void fault_in(const volatile char *first, size_t len,
		     unsigned int *faulted)
{
	for (size_t at = 0; at < len; at += 4096) {
		(void)first[at];
		__atomic_store_n(faulted, *faulted + 1, __ATOMIC_RELAXED);
	}
	(void)first[len - 1];
}

int guard_fault_in(const void *from, size_t len, unsigned int *faulted)
{
	GUARDED(fault_in(from, len, faulted));
}

int guard_load(uint16_t *value, const uint16_t *from)
{
	GUARDED(*value = __atomic_load_n(from, __ATOMIC_ACQUIRE));
}

int guard_store(uint16_t *to, uint16_t value)
{
	GUARDED(__atomic_store_n(to, value, __ATOMIC_RELEASE));
}
