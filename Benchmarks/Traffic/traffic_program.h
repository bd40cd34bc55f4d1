/* SPDX-License-Identifier: GPL-2.0-only */
/* What the traffic programs share. */
#ifndef TRAFFIC_PROGRAM_H
#define TRAFFIC_PROGRAM_H

#include "traffic.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Whether what is sent every `interval` ns may leave now; if so, `due` becomes the time of the next. */
static __always_inline int traffic_is_due(__u64 *due, __u64 interval, __u64 now)
{
	if (now < *due)
		return 0;
	if (*due + TRAFFIC_LAG < now)
		*due = now - TRAFFIC_LAG;
	*due += interval;
	return 1;
}

/* The bucket of a time: eight for each power of two, which Swift's Latencies turns back. */
static __always_inline __u32 traffic_bucket(__u64 time)
{
	__u32 power = 0;

	if (time < 8)
		return time;
	if (time >> 32)
		return TRAFFIC_LATENCIES - 1;
	for (int step = 16; step; step >>= 1)
		if (time >> (power + step))
			power += step;
	return (power - 2) * 8 + ((time >> (power - 3)) & 7);
}

#endif
