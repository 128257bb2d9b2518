/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay: the line over a recording. No kernel, no socket, no clock of this machine, and none of its
 * files that could give a name: the same bytes give the same lines everywhere.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "event_json.h"
#include "whodidd.h"

#define DRAIN_RECORDS  256 /* records between two ticks: part of what makes replays equal */
#define LINE_MAX_BYTES (4u << 20)

struct printer {
	struct json line;
	uint64_t unprintable;
};

static void print_event(void *ctx, const struct host *host, const struct event *ev)
{
	struct printer *p = ctx;

	json_reset(&p->line);
	event_json_write(&p->line, host, ev);
	json_text(&p->line, STR_LIT("\n"));
	if (p->line.err)
		p->unprintable++;
	else
		fwrite(p->line.buf, 1, p->line.len, stdout);
}

static void take_host(struct host *host, const struct recording_header *header)
{
	char *at = host->boot_id;

	*host = (struct host){0};
	memcpy(host->name, header->host, sizeof(header->host));
	for (size_t i = 0; i < sizeof(header->boot_id); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", header->boot_id[i]);
	}
}

/* Names of users are those of another machine or time: only a file that was named is right. */
static const char *passwd_for_replay(const struct config *c)
{
	return config_is_default(c, "identity.passwd_file") ? "/dev/null" : c->identity_passwd_file;
}

/* The same with its containers: NULL = nothing is known of them. */
static const char *host_root_for_replay(const struct config *c)
{
	return config_is_default(c, "identity.host_root") ? NULL : c->identity_host_root;
}

static int open_line(struct daemon *d, struct problem *err)
{
	struct pipeline *p = &d->line;
	const struct recording_header *header;
	int rc = collect_open_recording(&p->source, d->opt->replay, err);

	if (rc)
		return rc;
	header = collect_recording_header(p->source);
	take_host(&p->host, header);
	p->decoder.wall_offset_ns = (int64_t)header->wall_offset_ns;
	p->next_seq = 1;
	/* A history is made of it only where one is asked for: never mixed into the host's own. */
	rc = config_is_default(&d->config, "store.dir") ? 0 : stages_open_store(d, err);
	return rc ? rc
		  : stages_open(d, passwd_for_replay(&d->config), host_root_for_replay(&d->config),
				err);
}

static int push_all(struct daemon *d)
{
	int n;

	do {
		n = collect_drain(d->line.source, DRAIN_RECORDS, pipeline_push, &d->line);
		pipeline_tick(&d->line);
	} while (n >= 0 && !ferror(stdout));
	return n;
}

/* What could be read was printed; what is wrong with the rest decides the exit code. */
static int judge_end(struct daemon *d, const struct printer *printer, int end)
{
	const struct decoder *dec = &d->line.decoder;
	bool bad = end != -ENODATA;

	if (bad)
		log_error("%s: malformed behind what was printed: %s", d->opt->replay,
			  end < 0 ? strerror(-end) : "unreadable");
	if (dec->malformed)
		log_error("%s: %llu records contradict themselves and were left out",
			  d->opt->replay, (unsigned long long)dec->malformed);
	if (dec->unknown_kinds)
		log_warn("%s: %llu records are of a kind that this version does not know",
			 d->opt->replay, (unsigned long long)dec->unknown_kinds);
	if (printer->unprintable)
		log_error("%llu events could not be printed",
			  (unsigned long long)printer->unprintable);
	return bad || dec->malformed || printer->unprintable ? EXIT_FAILED : EXIT_DONE;
}

int run_replay(struct daemon *d)
{
	struct printer printer = {0};
	struct problem err = {0};
	int rc, code;

	signal(SIGPIPE, SIG_IGN);
	json_init(&printer.line, LINE_MAX_BYTES);
	d->line.print = print_event;
	d->line.print_ctx = &printer;
	rc = open_line(d, &err);
	if (rc) {
		log_problem(&err, rc);
		code = EXIT_FAILED;
	} else {
		rc = push_all(d);
		pipeline_end(&d->line);
		code = EXIT_DONE;
		if (fflush(stdout) || ferror(stdout)) {
			log_error("cannot write to stdout");
			code = EXIT_FAILED;
		}
		if (code == EXIT_DONE)
			code = judge_end(d, &printer, rc);
	}
	json_release(&printer.line);
	if (stages_close(d))
		code = EXIT_FAILED;
	return code;
}
