/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/number.h"

#define NS_PER_S 1000000000ll

static int64_t now_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

uint64_t clock_boot_ns(void)
{
	return (uint64_t)now_ns(CLOCK_BOOTTIME);
}

int64_t clock_wall_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

/* Three readings, the one that took the least time: a preemption in between would shift all events. */
int64_t clock_wall_offset_ns(void)
{
	int64_t best = INT64_MAX, offset = 0;

	for (int i = 0; i < 3; i++) {
		int64_t before = now_ns(CLOCK_BOOTTIME);
		int64_t wall = now_ns(CLOCK_REALTIME);
		int64_t took = now_ns(CLOCK_BOOTTIME) - before;

		if (took < best) {
			best = took;
			offset = wall - (before + took / 2);
		}
	}
	return offset;
}

void clock_rfc3339(char out[static 31], int64_t wall_ns)
{
	int64_t rest = wall_ns % NS_PER_S;
	time_t s = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;

	if (rest < 0) {
		rest += NS_PER_S;
		s--;
	}
	if (!gmtime_r(&s, &tm) || tm.tm_year + 1900 > 9999 || tm.tm_year + 1900 < 0) {
		memcpy(out, "1970-01-01T00:00:00.000000000Z", 31);
		return;
	}
	snprintf(out, 31, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ",
		 (unsigned)(tm.tm_year + 1900) % 10000u, (unsigned)(tm.tm_mon + 1) % 100u,
		 (unsigned)tm.tm_mday % 100u, (unsigned)tm.tm_hour % 100u,
		 (unsigned)tm.tm_min % 100u, (unsigned)tm.tm_sec % 100u, (unsigned)rest);
}

/* Years after 2262 do not fit. */
static int from_seconds(int64_t s, int64_t *wall_ns)
{
	int64_t ns;

	if (__builtin_mul_overflow(s, NS_PER_S, &ns))
		return -EINVAL;
	*wall_ns = ns;
	return 0;
}

static int from_local(struct tm *tm, int64_t *wall_ns)
{
	time_t t;

	tm->tm_isdst = -1;
	t = mktime(tm);
	return t == (time_t)-1 ? -EINVAL : from_seconds(t, wall_ns);
}

static int days_ago_midnight(int days, int64_t *wall_ns)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday -= days;
	return from_local(&tm, wall_ns);
}

static int parse_word(const char *z, int64_t *wall_ns)
{
	if (strcmp(z, "now") == 0)
		*wall_ns = clock_wall_ns();
	else if (strcmp(z, "boot") == 0)
		*wall_ns = clock_wall_offset_ns();
	else if (strcmp(z, "today") == 0)
		return days_ago_midnight(0, wall_ns);
	else if (strcmp(z, "yesterday") == 0)
		return days_ago_midnight(1, wall_ns);
	else
		return -EINVAL;
	return 0;
}

/* ".123456789" to ns; *z moves behind it. */
static int64_t parse_fraction(const char **z)
{
	int64_t ns = 0, unit = NS_PER_S / 10;

	if (**z != '.')
		return 0;
	for ((*z)++; **z >= '0' && **z <= '9'; (*z)++, unit /= 10)
		ns += (**z - '0') * unit;
	return ns;
}

/* What stands behind date and time: nothing (local), Z, +02:00. */
static int parse_zone(const char *z, struct tm *tm, int64_t *wall_ns)
{
	unsigned hours, minutes;
	int end = 0;

	if (*z == '\0')
		return from_local(tm, wall_ns);
	if (strcmp(z, "Z") == 0 || strcmp(z, "z") == 0)
		return from_seconds(timegm(tm), wall_ns);
	if (sscanf(z, "%*1[+-]%2u:%2u%n", &hours, &minutes, &end) != 2 || z[end] || hours > 23 ||
	    minutes > 59)
		return -EINVAL;
	return from_seconds(timegm(tm) +
				    (*z == '-' ? 1 : -1) * (int64_t)(hours * 3600 + minutes * 60),
			    wall_ns);
}

/* Refuses 31 February and the like: mktime() would quietly move them. */
static bool is_date(const struct tm *tm)
{
	struct tm copy = *tm;

	timegm(&copy);
	return copy.tm_mday == tm->tm_mday && copy.tm_mon == tm->tm_mon &&
	       copy.tm_hour == tm->tm_hour && copy.tm_min == tm->tm_min;
}

static int parse_date(const char *z, int64_t *wall_ns)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					    "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *rest = strptime(z, forms[i], &tm);
		int64_t fraction;
		int err;

		if (!rest)
			continue;
		fraction = i < 2 ? parse_fraction(&rest) : 0;
		if (!is_date(&tm))
			return -EINVAL;
		err = parse_zone(rest, &tm, wall_ns);
		if (err == 0 && __builtin_add_overflow(*wall_ns, fraction, wall_ns))
			err = -EINVAL;
		return err;
	}
	return -EINVAL;
}

static int parse_time_of_day(const char *z, int64_t *wall_ns)
{
	time_t now = time(NULL);
	struct tm tm;
	const char *rest;

	localtime_r(&now, &tm);
	tm.tm_sec = 0;
	rest = strptime(z, "%H:%M", &tm);
	if (rest && *rest == ':')
		rest = strptime(z, "%H:%M:%S", &tm);
	if (!rest || *rest)
		return -EINVAL;
	return from_local(&tm, wall_ns);
}

int clock_parse(struct str s, int64_t *wall_ns)
{
	char z[64];
	uint64_t ago;
	int64_t epoch, result;

	if (s.n == 0 || s.n >= sizeof(z) || memchr(s.p, '\0', s.n))
		return -EINVAL;
	memcpy(z, s.p, s.n);
	z[s.n] = '\0';
	if (z[0] == '@') {
		if (number_i64(str_sub(s, 1, s.n), 0, INT64_MAX / NS_PER_S, &epoch))
			return -EINVAL;
		*wall_ns = epoch * NS_PER_S;
		return 0;
	}
	if (number_duration_ns(str_sub(s, z[0] == '-', s.n), &ago) == 0 && ago < INT64_MAX) {
		*wall_ns = clock_wall_ns() - (int64_t)ago;
		return 0;
	}
	if (parse_word(z, &result) && parse_time_of_day(z, &result) && parse_date(z, &result))
		return -EINVAL;
	*wall_ns = result;
	return 0;
}
