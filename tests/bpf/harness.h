/* SPDX-License-Identifier: Apache-2.0 */
/*
 * harness: the programs loaded for a test, acts done in children, records kept and searched.
 *
 * The test's own process is left out by the sensor, so every act is done in a child.
 */
#ifndef WHODID_TESTS_BPF_HARNESS_H
#define WHODID_TESTS_BPF_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <cmocka.h>

#include "collect/collect.h"

extern struct source *sensor;

/*
 * Loads with these options; skips nothing: a test that cannot load fails. Options may be NULL.
 * WHODID_TEST_HOOKS=lsm|fentry|tracepoint says which hooks to use where the test does not care.
 */
void sensor_start(const struct kernel_options *opt);
/* Whether paths of calls by name are the kernel's own: there are hooks inside calls. */
bool has_kernel_paths(void);
/* Whether a program can get at any task's state by its number: from 6.2 on. */
bool finds_tasks(void);
void sensor_stop(void);

/* For cmocka's groups: with the defaults; the same, with scratch() as the working directory; the end. */
int begin_sensor(void **state);
int begin_in_scratch(void **state);
int end_sensor(void **state);

/*
 * From here on the kernel does not run that program, as it does not when it skips one; and runs all of
 * them again.
 */
void sensor_skip(const char *program);
void sensor_skip_none(void);

/* Waits until there is something, at most some milliseconds, and gathers it. */
void await(void);
/* Drains and keeps what is there; with a tick also folded counts and loss. */
void gather(void);
void gather_tick(void);
void forget(void);

/* Kept records of that kind (0 = any) and pid (0 = any), the i-th in ring order, or NULL. */
const void *find_record(uint32_t kind, uint32_t pid, unsigned i);
unsigned count_records(uint32_t kind, uint32_t pid);
/* All kept records in order. */
const struct record_header *record_at(size_t i);
size_t records_kept(void);

struct str text_of(const void *record, struct record_text t);
const struct record_task *task_of(const void *record);
void assert_text(const void *record, struct record_text t, const char *want);
/* A path that the caller wrote as want in dir: so and with its base, or the kernel's own, whole. */
void assert_place(const void *record, struct record_text t, struct record_text base,
		  const char *dir, const char *want);

/* Runs fn(arg) in a child; returns its pid when it has left with 0, fails the test otherwise. */
uint32_t act(void (*fn)(void *arg), void *arg);
/* Runs a program and returns its pid and, when out is given, the number it printed. */
uint32_t run_program(char *const argv[], long *out);

/* A fresh directory for the test, removed at exit; chdir() is the caller's. */
const char *scratch(void);
/* Makes a copy of the test's own program; 0 or -1. */
int copy_self(const char *to);
/* Ends a child: cmocka's asserts cannot be used in there. */
void need(bool ok);

#endif
