/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments of service datagrams (RFC 791 section 3.2): only the first one has the ports. A later one goes where the first
 * one has gone, if that came before it; senders send them in order, and cards bring all of a datagram to one queue, because
 * fragments have no ports to spread them by. What comes before its first fragment passes, like the fragments of all other
 * traffic.
 */
#ifndef STEERING_FRAGMENT_H
#define STEERING_FRAGMENT_H

#define FRAGMENTS_LOGARITHM 10
#define FRAGMENT_SECONDS 2

/* A datagram whose first fragment went to a worker. */
struct fragmented {
	__be32 source;
	__be32 destination;
	__be16 identification;
	__u16 zero;
	__u32 until;	/* tick from which on it is forgotten */
};

/* Each processor has its own, so that no entry is read half written. One datagram puts another one out. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << FRAGMENTS_LOGARITHM);
	__type(key, __u32);
	__type(value, struct fragmented);
} fragments SEC(".maps");

static __always_inline enum steering_counter serve_fragment(struct packet *packet)
{
	const struct iphdr *ip = packet->network;
	__u32 cell = steering_filter_cell(ip->saddr ^ ip->id, ip->daddr, 64 - FRAGMENTS_LOGARITHM);
	__u32 tick = READ_ONCE(settings.tick);
	struct fragmented *first;

	if (packet->protocol != IPPROTO_UDP)
		return steering_counter_pass_fragment;
	first = bpf_map_lookup_elem(&fragments, &cell);
	if (!first)
		return steering_counter_pass_fragment;
	if (ip->frag_off & bpf_htons(IP_OFFSET))
		return first->source == ip->saddr && first->destination == ip->daddr &&
				       first->identification == ip->id && first->until > tick ?
			       steering_counter_steer_fragment :
			       steering_counter_pass_fragment;
	if (read_udp(packet) != UNDECIDED || serve_ipv4(packet) != steering_counter_steer_service)
		return steering_counter_pass_fragment;
	first->source = ip->saddr;
	first->destination = ip->daddr;
	first->identification = ip->id;
	first->until = tick + FRAGMENT_SECONDS;
	return steering_counter_steer_fragment;
}

#endif
