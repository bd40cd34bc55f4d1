// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends frames from a test-run with live frames. A frame comes back as its last receiver left it, so its head is
 * written anew each time, and what the head holds is all that anybody on the way changes. Pacing is done here, since
 * starting a run takes some 25 ms: a frame that is not due yet is dropped, which hands it back at once.
 */
#include "traffic_program.h"

#include <bpf/bpf_endian.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct traffic_generator);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* set when it is loaded */
	__type(key, __u32);
	__type(value, struct traffic_head);
} heads SEC(".maps");

/* Makes a frame the next packet of its stream; G.711 with 20 ms has 160 samples in each. */
static __always_inline void write_rtp(__u8 *frame, struct traffic_head *head, const struct traffic_generator *generator)
{
	__u8 *rtp = frame + TRAFFIC_MARK_AT;
	__u32 skip = 0, timestamp;

	/* What is before a flow's first packet of a run nobody may know of. */
	if (generator->gap && generator->sent >= generator->flows && generator->sent % generator->gap == 0)
		skip = 1 + (generator->sent & 3);
	head->missing += skip;
	head->sequence += 1 + skip;
	timestamp = head->sequence * 160;
	*(__be16 *)(rtp + 2) = bpf_htons(head->sequence);
	*(__be32 *)(rtp + 4) = bpf_htonl(timestamp);
	*(__be16 *)(rtp + 12) = bpf_htons(~head->sequence);
	*(__be32 *)(rtp + 14) = bpf_htonl(~timestamp);
}

SEC("xdp")
int generator(struct xdp_md *context)
{
	__u8 *frame = (void *)(long)context->data;
	__u32 key = 0;
	struct traffic_generator *generator = bpf_map_lookup_elem(&state, &key);
	struct traffic_head *head;
	__u64 now = 0;

	if (!generator || frame + TRAFFIC_HEAD > (__u8 *)(long)context->data_end)
		return XDP_ABORTED;
	if (generator->interval || generator->stamped || (generator->sent & 63) == 0) {
		now = bpf_ktime_get_ns();
		generator->last = now;
		if (!generator->began)
			generator->began = now;
	}
	if (generator->interval && !traffic_is_due(&generator->due, generator->interval, now))
		return XDP_DROP;
	head = bpf_map_lookup_elem(&heads, &generator->flow);
	if (!head)
		return XDP_ABORTED;
	if (++generator->flow >= generator->flows)
		generator->flow = 0;
	__builtin_memcpy(frame, head->bytes, TRAFFIC_HEAD);
	if (head->is_rtp) {
		write_rtp(frame, head, generator);
	} else if (generator->stamped) {
		*(__u64 *)(frame + TRAFFIC_STAMP_AT) = now;
		*(__u64 *)(frame + TRAFFIC_STAMP_AT + 8) = ~now;
	}
	generator->sent++;
	return bpf_redirect(head->interface, 0);
}

char LICENSE[] SEC("license") = "GPL";
