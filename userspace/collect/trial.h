/* SPDX-License-Identifier: Apache-2.0 */
/* trial.h: acts that are done only to see whether a hook notices them; private to this folder. */
#ifndef WHODID_COLLECT_TRIAL_H
#define WHODID_COLLECT_TRIAL_H

#include <stddef.h>

#include "collect/collect.h"

enum trial_class {
	TRIAL_DELETE,
	TRIAL_RENAME,
	TRIAL_LINK,
	TRIAL_CREATE,
	TRIAL_CHMOD,
	TRIAL_TRUNCATE,
	TRIAL_MOUNT,
	TRIAL_CLASSES,
};

/* Whether an empty program of that rung, lsm or fentry, is called. 0, or -errno and the reason. */
int trial_rung(enum hook_rung rung, char *reason, size_t size);
/* Whether this kernel has the hook at all; hook is the name of a security module's, "file_open". */
bool trial_has_hook(enum hook_rung rung, const char *hook);
/* The kernel counts runs of programs as long as this descriptor is open. -errno on failure. */
int trial_count(void);
/* Comes by every hook of the class, in a directory of its own, and changes nothing. 0 or -errno. */
int trial_act(enum trial_class class);

#endif
