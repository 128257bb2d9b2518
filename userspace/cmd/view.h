/* SPDX-License-Identifier: Apache-2.0 */
/* view: an event said to people. Everything added is printable. */
#ifndef WHODID_CMD_VIEW_H
#define WHODID_CMD_VIEW_H

#include "cmd/cmd.h"
#include "cmd/row.h"

#define TIME_CLOCK  "%H:%M:%S"
#define TIME_DAY    "%m-%d %H:%M:%S"
#define TIME_FULL   "%Y-%m-%d %H:%M:%S"
#define TIME_MINUTE "%Y-%m-%d %H:%M"

/* Local time, or UTC with --utc; digits of the second's fraction behind it. "-" for 0. */
void view_time(struct text *out, const struct cli *c, int64_t ns, const char *form,
	       unsigned digits);
/* "!" unexpected or loss, "X" forbidden, "" */
const char *view_mark(const json_t *row);
enum color view_color(const json_t *row);
/* "exec", "read", "connect", "login", ... */
void view_type(struct text *out, const json_t *row);
/* identity.who, or "-" */
void view_who(struct text *out, const json_t *row);
/* The object of the act: path, destination, ... */
void view_what(struct text *out, const json_t *row);
/* Why it is marked, with the anomaly; nothing when it is not. */
void view_reason(struct text *out, const json_t *row);
/* One English sentence. */
void view_sentence(struct text *out, const struct cli *c, const json_t *row);
/* "203.0.113.66:443", "/run/docker.sock", "vsock:2:1024", as foreign text */
void view_destination_raw(struct text *out, const json_t *row);
/* What net.connect, accept, close and socket are about. */
void view_say_connect(struct text *out, const json_t *row);
void view_say_ends(struct text *out, const json_t *row);
void view_say_close(struct text *out, const json_t *row);
void view_say_socket(struct text *out, const json_t *row);
/* What was asked of DNS, and said in TLS. */
void view_say_dns(struct text *out, const json_t *row);
void view_say_tls(struct text *out, const json_t *row);
/* "read 180, exec 32" of an object of counts; zeroes left out */
void view_counts(struct text *out, const json_t *counts);
/* Last part of a path. */
struct str view_base_name(struct str path);

#endif
