// SPDX-License-Identifier: GPL-2.0-only
/* Counts the generator's frames where they arrive, and how long they took. Everything else passes. */
#include "traffic.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic_sink);
} arrived SEC(".maps");

/* Eight buckets for each power of two; Swift's Latencies turns them back. */
static __always_inline __u32 bucket(__u64 time)
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

SEC("xdp")
int sink(struct xdp_md *context)
{
	__u8 *frame = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 key = 0, place;
	struct traffic_sink *sink;
	__u64 stamp;

	if (frame + TRAFFIC_HEAD > end || *(__u16 *)(frame + TRAFFIC_MARK_AT) != TRAFFIC_MARK)
		return XDP_PASS;
	sink = bpf_map_lookup_elem(&arrived, &key);
	if (!sink)
		return XDP_ABORTED;
	sink->packets++;
	sink->bytes += end - frame;
	stamp = *(__u64 *)(frame + TRAFFIC_STAMP_AT);
	if (stamp) {
		place = bucket(bpf_ktime_get_ns() - stamp);
		if (place < TRAFFIC_LATENCIES)
			sink->latencies[place]++;
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
