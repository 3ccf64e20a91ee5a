/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc/net/stat/nf_mapt says of a network namespace. */
#ifndef MAPT_COUNTERS_H
#define MAPT_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>

#define COUNTERS_MAX	128
#define COUNTER_NAME	48

/* What a counter is about. */
enum counter_kind {
	COUNT_DONE,	/* a packet that was translated, a port given */
	COUNT_ANSWERED,	/* dropped with an ICMP error, as it should be */
	COUNT_DROPPED,
	COUNT_UNKNOWN,	/* of a newer kernel module */
};

struct counter_info {
	const char		*name;
	enum counter_kind	kind;
	const char		*words;
	const char		*advice;	/* NULL: nothing to do */
};

struct counters {
	size_t	num;
	struct {
		char			name[COUNTER_NAME];
		unsigned long long	value;
	} list[COUNTERS_MAX];
};

const struct counter_info *counter_info(const char *name);
bool counters_parse(const char *text, struct counters *counters);
bool counters_read(const char *path, struct counters *counters);
unsigned long long counters_get(const struct counters *counters,
				const char *name);
void counters_diff(const struct counters *now, const struct counters *before,
		   struct counters *diff);


#define COUNTERS_PATH	"/proc/thread-self/net/stat/nf_mapt"

#endif /* MAPT_COUNTERS_H */
