/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: the daemon on a live host. One thread, one epoll loop over the ring, a timer, signals, and
 * questions of clients. Ready means that the sensor is attached and the socket answers.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "whodidd.h"

#define SECOND_NS	1000000000ull
#define DRAIN_RECORDS	8192
#define DRAIN_AT_END_NS (2 * SECOND_NS)
#define OFFSET_EVERY_S	10
#define SENDER_MAX_NS	(SECOND_NS / 10) /* how long who sent SIGHUP may be on the way */

/* What the loop waits for. */
struct loop {
	int epoll_fd, timer_fd, signal_fd;
	uint64_t end_boot_ns; /* 0 = none */
	bool stop;
	uint32_t signal, sender; /* what told it to, and the pid of who sent that; 0 = none */
	uint64_t reload_boot_ns; /* when it was told to reload and has not; 0 = not */
	uint32_t reloader;
};

/* --- signals */

/* Profiles and issuers: both anew, or both stay. */
static int swap_sets(struct daemon *d, const struct config *next, struct problem *err)
{
	struct profile_set *profile;
	struct issuers *issuers;
	int rc = load_profiles(&profile, next, err);

	if (rc)
		return rc;
	rc = issuers_load(&issuers, next->attest_issuers_dir, err);
	if (rc) {
		profile_free(profile);
		return rc;
	}
	profile_free(d->line.profile);
	d->line.profile = profile;
	api_set_issuers(d->api, issuers);
	return 0;
}

static enum log_level level_of(const struct daemon *d, const struct config *c)
{
	static const char *const words[] = {"error", "warn", "info", "debug"};

	for (size_t i = 0; i < ARRAY_SIZE(words) && !d->opt->verbose; i++)
		if (!strcmp(c->log_level, words[i]))
			return (enum log_level)i;
	return d->opt->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

/* Settings and profiles anew: all of it or nothing. What needs a restart is named. */
static void reload(struct daemon *d, const char *by)
{
	const char *names[CONFIG_SETTINGS_MAX];
	struct problem err = {0};
	struct profile_counts n;
	struct config next;
	char text[1024];
	int rc = read_config(&next, d->opt, &err);

	if (!rc) {
		rc = swap_sets(d, &next, &err);
		if (!rc) {
			size_t count =
				config_needs_restart(&d->config, &next, names, CONFIG_SETTINGS_MAX);

			log_set_level(level_of(d, &next));
			for (size_t i = 0; i < count; i++)
				log_warn("%s has changed: that takes effect at the next start",
					 names[i]);
		}
		config_release(&next);
	}
	if (rc) {
		problem_format(&err, text, sizeof(text));
		log_error("not reloaded, everything stays as it was: %s",
			  text[0] ? text : strerror(-rc));
		put_agent_event(d, EVENT_PROFILE_CHANGE, "reload%s refused, the old set stays: %s",
				by, text[0] ? text : strerror(-rc));
		return;
	}
	profile_get_counts(d->line.profile, &n);
	snprintf(text, sizeof(text), "reloaded%s: %llu roles, %llu bindings", by,
		 (unsigned long long)n.roles, (unsigned long long)n.bindings);
	log_info("%s", text);
	put_agent_event(d, EVENT_PROFILE_CHANGE, "%s", text);
}

/* " by human:alice (pid 812)", or "" where nobody was seen. */
static bool name_sender(struct daemon *d, uint32_t signal, uint32_t pid, char *out, size_t size)
{
	char who[512];
	bool seen =
		tamper_signaller(d->line.tamper, signal, pid, clock_boot_ns(), who, sizeof(who));

	snprintf(out, size, "%s%s", seen ? " by " : "", seen ? who : "");
	return seen;
}

/* Who asked for it comes by the ring, a moment behind the signal. */
static void reload_when_due(struct daemon *d, struct loop *l)
{
	char by[520];

	if (!l->reload_boot_ns ||
	    (!name_sender(d, SIGHUP, l->reloader, by, sizeof(by)) && l->reloader &&
	     clock_boot_ns() - l->reload_boot_ns < SENDER_MAX_NS))
		return;
	l->reload_boot_ns = 0;
	reload(d, by);
}

static void take_signals(struct daemon *d, struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			l->reload_boot_ns = clock_boot_ns();
			l->reloader = info.ssi_pid;
			continue;
		}
		d->leave = d->leave || info.ssi_signo == SIGUSR2;
		l->stop = true;
		l->signal = info.ssi_signo;
		l->sender = info.ssi_pid;
	}
}

/* Before any thread is made, so that all of them leave signals to the loop. */
static int block_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* --- loop */

static int watch_fd(const struct loop *l, int fd, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.fd = fd};

	if (fd < 0)
		return 0;
	return epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int loop_open(struct loop *l, const struct daemon *d)
{
	uint64_t ns = d->config.sensor_poll_ms * 1000000;
	struct timespec period = {(time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS)};
	struct itimerspec timer = {period, period};
	int rc;

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->epoll_fd < 0 || l->timer_fd < 0 || timerfd_settime(l->timer_fd, 0, &timer, NULL) < 0)
		return -errno;
	/*
	 * Edge-triggered: the ring is readable whenever one record is in it. The timer sets the
	 * pace; the ring wakes us only when the kernel side says that it is filling up.
	 */
	rc = watch_fd(l, collect_fd(d->line.source), EPOLLIN | EPOLLET);
	if (!rc)
		rc = watch_fd(l, l->timer_fd, EPOLLIN);
	if (!rc)
		rc = watch_fd(l, l->signal_fd, EPOLLIN);
	if (!rc)
		rc = watch_fd(l, api_question_fd(d->api), EPOLLIN);
	return rc;
}

static void loop_close(struct loop *l)
{
	int fds[] = {l->epoll_fd, l->timer_fd, l->signal_fd};

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Loss is said once when it begins and then at most once a second, with its size. */
static void log_troubles(struct daemon *d)
{
	struct store_stats store;
	uint64_t lost = count_lost(d);

	if (lost > d->told_lost)
		log_warn("%llu events lost, %llu since the start",
			 (unsigned long long)(lost - d->told_lost), (unsigned long long)lost);
	d->told_lost = lost;
	store_get_stats(d->line.store, &store);
	if (store.last_err && store.last_err != d->told_store_err)
		log_error("the store: %s", store.last_err_text);
	d->told_store_err = store.last_err;
	if (d->line.recorder && d->line.record_err) {
		log_error("recording ends: %s", strerror(-d->line.record_err));
		recorder_close(TAKE_PTR(d->line.recorder));
		d->exit_code = EXIT_FAILED;
	}
}

static void tell_step(struct daemon *d, double seconds)
{
	log_warn("the wall clock was stepped by %.3f s", seconds);
	tell_tamper(d, "clock", "the wall clock was stepped by %+.3f s", seconds);
}

/* Clocks drift and are stepped: events follow the wall clock as it is now. */
static void follow_wall_clock(struct daemon *d)
{
	int64_t offset = clock_wall_offset_ns(), step = offset - d->line.decoder.wall_offset_ns;

	if (step > (int64_t)SECOND_NS || step < -(int64_t)SECOND_NS)
		tell_step(d, (double)step / 1e9);
	d->line.decoder.wall_offset_ns = offset;
}

static void once_a_second(struct daemon *d, uint64_t now)
{
	uint64_t seen = count_seen(d);
	double seconds = (double)(now - d->rate_boot_ns) / 1e9;

	/* Smoothed over some five seconds. */
	d->rate_per_s += ((double)(seen - d->rate_events) / seconds - d->rate_per_s) / 5;
	d->rate_events = seen;
	d->rate_boot_ns = now;
	if (++d->seconds % OFFSET_EVERY_S == 0)
		follow_wall_clock(d);
	keep_heart(d, now);
	notice_move(d);
	notice_mounts(d);
	log_troubles(d);
}

static void keep_time(struct daemon *d, struct loop *l)
{
	uint64_t now = clock_boot_ns();

	if (l->end_boot_ns && now >= l->end_boot_ns)
		l->stop = true;
	if (d->watchdog_ns && now - d->watchdog_boot_ns >= d->watchdog_ns) {
		d->watchdog_boot_ns = now;
		notify_manager("WATCHDOG=1");
	}
	if (now - d->second_boot_ns >= SECOND_NS) {
		d->second_boot_ns = now;
		once_a_second(d, now);
	}
}

static void take_ready(struct daemon *d, struct loop *l, const struct epoll_event *ready, int n)
{
	uint64_t ticks;

	for (int i = 0; i < n; i++) {
		int fd = ready[i].data.fd;

		if (fd == l->timer_fd && read(fd, &ticks, sizeof(ticks)) < 0)
			continue;
		if (fd == l->signal_fd)
			take_signals(d, l);
		if (fd == api_question_fd(d->api))
			api_serve(d->api);
	}
}

static void loop_run(struct daemon *d, struct loop *l)
{
	struct epoll_event ready[8];
	bool busy = true; /* the ring holds what already runs */

	while (!l->stop) {
		int n = epoll_wait(l->epoll_fd, ready, ARRAY_SIZE(ready), busy ? 0 : -1);

		if (n < 0 && errno != EINTR) {
			log_error("epoll: %m");
			d->exit_code = EXIT_FAILED;
			return;
		}
		take_ready(d, l, ready, n);
		n = collect_drain(d->line.source, DRAIN_RECORDS, pipeline_push, &d->line);
		if (n < 0) {
			log_error("cannot read the ring: %s", strerror(-n));
			d->exit_code = EXIT_FAILED;
			return;
		}
		busy = n >= DRAIN_RECORDS;
		pipeline_tick(&d->line);
		recall_turn(d);
		reload_when_due(d, l);
		notice_pause(d);
		keep_time(d, l);
	}
}

/* --- stop */

/* What was recorded until now is still taken; a storm that goes on does not keep us here. */
static void drain_rest(struct daemon *d)
{
	uint64_t end = clock_boot_ns() + DRAIN_AT_END_NS;

	while (collect_drain(d->line.source, DRAIN_RECORDS, pipeline_push, &d->line) > 0 &&
	       clock_boot_ns() < end)
		pipeline_tick(&d->line);
	if (d->leave) /* what is counted now is told by the next daemon */
		return;
	collect_hold(d->line.source, false);
	collect_finish(d->line.source, pipeline_push, &d->line); /* folded acts and losses */
	pipeline_end(&d->line);
}

/* "74,648" */
static const char *grouped(char out[static 32], uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value), at = 0;

	for (int i = 0; i < n; i++) {
		if (i && (n - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

static void stop(struct daemon *d, const struct loop *l)
{
	uint64_t ns = clock_boot_ns() - d->started_boot_ns, seen, lost;
	char seen_text[32], lost_text[32], by[520];
	int rc;

	notify_manager("STOPPING=1");
	if (!strcmp(d->config.sensor_keep, "always"))
		d->leave = true;
	d->leave = d->leave && collect_leave(d->line.source);
	drain_rest(d);
	seen = count_seen(d);
	lost = count_lost(d);
	name_sender(d, l->signal, l->sender, by, sizeof(by));
	put_agent_event(d, EVENT_AGENT_STOP, "stopped%s after %.1f s: %s events seen, %s lost%s",
			by, (double)ns / 1e9, grouped(seen_text, seen), grouped(lost_text, lost),
			d->leave ? "; the kernel records on for the next start" : "");
	pipeline_tick(&d->line);
	store_flush(d->line.store); /* while there is a source to say how far that is */
	api_stop(d->api);
	rc = d->line.recorder ? recorder_close(TAKE_PTR(d->line.recorder)) : 0;
	if (rc) {
		log_error("the recording is not complete: %s", strerror(-rc));
		d->exit_code = EXIT_FAILED;
	}
	rc = stages_close(d);
	if (rc) {
		log_error("the store was not written to its end: %s", strerror(-rc));
		d->exit_code = EXIT_FAILED;
	}
	fprintf(stderr, "whodidd: %.1f s, %s events seen, %s lost\n", (double)ns / 1e9, seen_text,
		lost_text);
}

static int refuse(struct daemon *d, struct problem *err, int rc)
{
	struct source_start start = {0};

	log_problem(err, rc);
	if (d->line.source)
		collect_get_start(d->line.source, &start);
	if (start.how == SOURCE_TAKEN_OVER) /* for another attempt */
		collect_leave(d->line.source);
	if (d->line.recorder)
		recorder_close(TAKE_PTR(d->line.recorder));
	stages_close(d);
	return rc == -EPERM || rc == -EACCES ? EXIT_NOT_PERMITTED : EXIT_FAILED;
}

/*
 * Of this thread only: those that store and answer can wait. A busy host gives each of its threads the
 * same share, and what the kernel has recorded meanwhile does not fit into the buffer.
 */
static void go_first(const struct daemon *d)
{
	int nice = -(int)d->config.sensor_priority;

	if (nice && setpriority(PRIO_PROCESS, (id_t)gettid(), nice))
		log_warn("sensor.priority has no effect, under load records may be lost: %m");
}

int run_live(struct daemon *d)
{
	struct loop l = {.epoll_fd = -1, .timer_fd = -1};
	struct problem err = {0};
	int rc;

	log_set_level(level_of(d, &d->config));
	/* The line allocates nothing: threads need no heaps of their own, which would never shrink. */
	mallopt(M_ARENA_MAX, 1);
	if (geteuid() != 0) {
		problem_remedy(&err, "Run: sudo whodidd");
		return refuse(d, &err, problem_set(&err, -EPERM, "watching a host needs root"));
	}
	l.signal_fd = block_signals();
	rc = l.signal_fd < 0 ? problem_set(&err, -errno, "cannot wait for signals: %m")
			     : start_line(d, &err);
	if (!rc)
		rc = loop_open(&l, d);
	if (rc) {
		loop_close(&l);
		api_stop(d->api);
		return refuse(d, &err, rc);
	}
	if (d->opt->for_ns)
		l.end_boot_ns = clock_boot_ns() + d->opt->for_ns; /* loading took its time */
	go_first(d);
	d->watchdog_ns = notify_watchdog_ns();
	notify_manager("READY=1");
	log_info("ready on %s, hooks: %s", d->config.api_socket, collect_rung_name(d->line.source));
	loop_run(d, &l);
	stop(d, &l);
	loop_close(&l);
	return d->exit_code;
}
