/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * A populating call: what it asks for, what it was charged, how far it has come.
 */
#ifndef PRIVCMD_CALL_H
#define PRIVCMD_CALL_H

#include <linux/types.h>
#include <xen/interface/xen.h>
#include <xen/privcmd.h>

#include "record.h"

struct file;
struct privcmd_file;
struct privcmd_map;

/*
 * batch.c (also for xmap.c) or resource.c stages the frame numbers in @req,
 * without gaps. When privcmd_fill() has returned 0, the statuses in @req are
 * the call's answers.
 */
struct privcmd_call {
	struct privcmd_file *file;	/* the caller's */
	unsigned long addr;		/* of the first page */
	domid_t dom;
	bool all;			/* the first frame that fails ends the call */
	bool lazy;			/* do not ask the hypervisor for frames now */
	bool strict;			/* retry no frame read-only */
	/* NULL, or the frames are those of this; @req has numbers on PV only. */
	const struct privcmd_mmap_resource *resource;
	struct privcmd_file *payer;	/* @charged is charged to it: the caller's file,
					 * then the mapping's */
	unsigned long charged;		/* frames; 0 once the mapping has them */
	struct privcmd_record req;
	struct privcmd_map *map;	/* a reference; NULL before privcmd_fill() */
	unsigned long idx;		/* of the first page, in the mapping */
	/* Frames that an undo has to look at: mapped; entered or made lazy. */
	unsigned long mapped;
	unsigned long entered;
	bool failed;			/* the mapping has a frame that failed, in this
					 * call or in another one */
};

int privcmd_call_init(struct privcmd_call *call, struct file *file,
		      unsigned long addr, unsigned long nr, domid_t dom);
int privcmd_call_join(struct privcmd_call *call);
int privcmd_call_interrupted(const struct privcmd_call *call);
void privcmd_call_spans(struct privcmd_call *call, unsigned long done,
			struct privcmd_span *req, struct privcmd_span *span);
void privcmd_call_done(struct privcmd_call *call);

#endif /* PRIVCMD_CALL_H */
