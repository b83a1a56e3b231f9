/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPDX-FileCopyrightText: 2026 the xen-privcmd authors
 *
 * What all cases of privcmd-test include: checks, the device, areas, foreign
 * domains.
 */
#ifndef SUITE_H
#define SUITE_H

#include "tap.h"
#include "dom0/area.h"

/* A case that both batch ioctls must pass in the same way. */
#define BATCH_CASE(situation, ...)                                         \
	static void both_##situation(int version);                         \
	TAP_CASE(mmapbatch_##situation, ##__VA_ARGS__)                     \
	{                                                                  \
		both_##situation(1);                                       \
	}                                                                  \
	TAP_CASE(mmapbatch_v2_##situation, ##__VA_ARGS__)                  \
	{                                                                  \
		both_##situation(2);                                       \
	}                                                                  \
	static void both_##situation(int version)

#endif /* SUITE_H */
