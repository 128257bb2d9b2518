/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <errno.h>

#include "base/cleanup.h"

int number_u64(struct str s, uint64_t min, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0)
		return -EINVAL;
	for (uint32_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return -ERANGE;
	}
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int number_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	uint64_t magnitude;
	int64_t value;
	int err = number_u64(str_sub(s, negative, s.n), 0, limit, &magnitude);

	if (err)
		return err;
	value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	if (value < min || value > max)
		return -ERANGE;
	*out = value;
	return 0;
}

int number_duration_ns(struct str s, uint64_t *out)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = {
		{"ns", 1ull},
		{"us", 1000ull},
		{"ms", 1000000ull},
		{"s", 1000000000ull},
		{"m", 60 * 1000000000ull},
		{"h", 3600 * 1000000000ull},
		{"d", 86400 * 1000000000ull},
		{"w", 7 * 86400 * 1000000000ull},
	};
	uint32_t digits = 0;
	uint64_t value;

	while (digits < s.n && s.p[digits] >= '0' && s.p[digits] <= '9')
		digits++;
	if (number_u64(str_sub(s, 0, digits), 0, UINT64_MAX, &value))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (!str_is(str_sub(s, digits, s.n), units[i].unit))
			continue;
		if (__builtin_mul_overflow(value, units[i].ns, &value))
			return -EINVAL;
		*out = value;
		return 0;
	}
	return -EINVAL;
}

int number_bool(struct str s, bool *out)
{
	static const char *const yes[] = {"yes", "true", "on", "1"};
	static const char *const no[] = {"no", "false", "off", "0"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (str_is(s, yes[i]) || str_is(s, no[i])) {
			*out = str_is(s, yes[i]);
			return 0;
		}
	}
	return -EINVAL;
}
