// SPDX-License-Identifier: GPL-2.0-only
/* Counts the generator's frames where they arrive, and how long they took. Everything else passes. */
#include "traffic_program.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic_sink);
} arrived SEC(".maps");

SEC("xdp")
int sink(struct xdp_md *context)
{
	__u8 *frame = (void *)(long)context->data, *end = (void *)(long)context->data_end;
	__u32 key = 0, place;
	__u16 mark;
	struct traffic_sink *sink;
	__u64 stamp;

	if (frame + TRAFFIC_HEAD > end)
		return XDP_PASS;
	mark = *(__u16 *)(frame + TRAFFIC_MARK_AT);
	if (mark != TRAFFIC_MARK && mark != TRAFFIC_RTP_MARK)
		return XDP_PASS;
	sink = bpf_map_lookup_elem(&arrived, &key);
	if (!sink)
		return XDP_ABORTED;
	sink->packets++;
	sink->bytes += end - frame;
	stamp = mark == TRAFFIC_MARK ? *(__u64 *)(frame + TRAFFIC_STAMP_AT) : 0;
	if (stamp) {
		place = traffic_bucket(bpf_ktime_get_ns() - stamp);
		if (place < TRAFFIC_LATENCIES)
			sink->latencies[place]++;
	}
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
