/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SPDX-FileCopyrightText: 2026 the xen-privcmd authors */
/*
 * The configuration that the host gives this run. init reads it from /rig in its
 * image:
 *
 *   /rig/config      lines "KEY VALUE", see init.c
 *   /rig/argv        the command, its words ended by zeros
 *   /rig/log-errors  the texts that make a kernel log line an error
 */
#ifndef RIG_CONFIG_H
#define RIG_CONFIG_H

#include <stdint.h>

struct config_line {
	char *key;
	char *value;
};

struct config {
	uint32_t nonce;
	struct config_line lines[33]; /* ends with key NULL */
	char *args[256];	      /* ends with NULL */
	char *log_errors[64];	      /* ends with NULL */
};

extern struct config config;

/* Reads all of these files, or fails. */
void config_read(void);

/* The first value of this key, or NULL. */
const char *setting(const char *key);

#endif /* RIG_CONFIG_H */
