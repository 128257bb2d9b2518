/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glob: path patterns of the profile language (ux.md 2.2): * within a segment, ** across, ?,
 * [a-z], {a,b}; a trailing '/' means the directory and all below. No regular expressions.
 */
#ifndef WHODID_BASE_GLOB_H
#define WHODID_BASE_GLOB_H

#include "base/problem.h"
#include "base/str.h"

#define GLOB_MAX 4096

/* 0, or -EINVAL with the column (from 1) and what is wrong in err. */
int glob_check(struct str pattern, struct problem *err);
/* pattern must have passed glob_check(). Bounded: at most O(pattern * path), never exponential. */
bool glob_match(struct str pattern, struct str path);
/* Words: * and ? cross '/', nothing else is special. */
bool glob_match_word(struct str pattern, struct str text);

#endif
