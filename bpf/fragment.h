/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fragments of service datagrams (RFC 791 section 3.2): only the first one has the ports. A later one goes where the first
 * one has gone. If it comes before the first, it goes to a worker, which lets it wait, where its sender is known to send
 * its receiver such datagrams, and passes else, like the fragments of all other traffic. So of a sender that begins with
 * the last fragment the first datagram is lost, and SIP brings it again (RFC 3261 section 17.1). What goes to a worker, and
 * turns out to be another datagram's, is lost, too; its sender is then forgotten until it sends a service's again.
 *
 * Cards bring all fragments of two hosts to one queue, because they have no ports to spread them by.
 */
#ifndef STEERING_FRAGMENT_H
#define STEERING_FRAGMENT_H

#define FRAGMENTS_LOGARITHM 10
#define FRAGMENT_SECONDS 2
#define FRAGMENT_SENDERS_LOGARITHM 8
#define FRAGMENT_SENDER_SECONDS 300

/* A datagram of which a fragment has come. */
struct fragmented {
	__be32 source;
	__be32 destination;
	__be16 identification;
	__u16 verdict;	/* enum steering_counter, on all later fragments */
	__u32 until;	/* tick from which on it is forgotten */
};

/* Who sends whom a service's datagrams in fragments. */
struct fragment_sender {
	__u64 pair;	/* source << 32 | destination */
	__u32 until;	/* as above */
	__u32 zero;
};

/* Each processor has its own, so that no entry is read half written. One entry puts another one out. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << FRAGMENTS_LOGARITHM);
	__type(key, __u32);
	__type(value, struct fragmented);
} fragments SEC(".maps");

/*
 * One for all processors, because a queue may come to another one. The pair is one word; who reads a time that is another
 * pair's lets a fragment pass, or a worker give it up.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << FRAGMENT_SENDERS_LOGARITHM);
	__type(key, __u32);
	__type(value, struct fragment_sender);
} fragment_senders SEC(".maps");

static __always_inline enum steering_counter note_fragment(struct fragmented *datagram, const struct iphdr *ip,
							    enum steering_counter verdict)
{
	datagram->source = ip->saddr;
	datagram->destination = ip->daddr;
	datagram->identification = ip->id;
	datagram->verdict = verdict;
	datagram->until = READ_ONCE(settings.tick) + FRAGMENT_SECONDS;
	return verdict;
}

/* A first fragment of service traffic whose ports do not say so: of an answer to a peer on any port. */
static __always_inline int is_workers_flow(const struct packet *packet)
{
	struct steering_tuple tuple = tuple_ipv4(packet);
	const struct steering_flow *flow = may_be_known_ipv4(packet) ? bpf_map_lookup_elem(&flows, &tuple) : NULL;

	return flow && flow->flags & STEERING_FLOW_WORKER;
}

static __always_inline enum steering_counter serve_first_fragment(struct packet *packet)
{
	if (read_udp(packet) != UNDECIDED)
		return steering_counter_pass_short;
	return is_workers_flow(packet) ? steer(packet) : serve_ipv4(packet);
}

static __always_inline enum steering_counter serve_fragment(struct packet *packet)
{
	const struct iphdr *ip = packet->network;
	__u32 cell = steering_filter_cell(ip->saddr ^ ip->id, ip->daddr, 64 - FRAGMENTS_LOGARITHM);
	__u32 sender_cell = steering_filter_cell(ip->saddr, ip->daddr, 64 - FRAGMENT_SENDERS_LOGARITHM);
	struct fragmented *datagram = bpf_map_lookup_elem(&fragments, &cell);
	struct fragment_sender *sender = bpf_map_lookup_elem(&fragment_senders, &sender_cell);
	__u64 pair = (__u64)ip->saddr << 32 | ip->daddr;
	__u32 tick = READ_ONCE(settings.tick);
	int is_sender, is_later = ip->frag_off & bpf_htons(IP_OFFSET);
	enum steering_counter verdict = steering_counter_pass_fragment;

	if (packet->protocol != IPPROTO_UDP || !datagram || !sender)
		return steering_counter_pass_fragment;
	is_sender = READ_ONCE(sender->pair) == pair && READ_ONCE(sender->until) > tick;
	if (datagram->source == ip->saddr && datagram->destination == ip->daddr &&
	    datagram->identification == ip->id && datagram->until > tick)
		verdict = datagram->verdict;
	else if (is_later && is_sender)
		return note_fragment(datagram, ip, steering_counter_steer_fragment);
	if (is_later)
		return verdict;
	if (serve_first_fragment(packet) == steering_counter_steer_service) {
		WRITE_ONCE(sender->pair, pair);
		WRITE_ONCE(sender->until, tick + FRAGMENT_SENDER_SECONDS);
		return note_fragment(datagram, ip, steering_counter_steer_fragment);
	}
	if (!is_sender)
		return steering_counter_pass_fragment;
	if (verdict == steering_counter_steer_fragment)
		WRITE_ONCE(sender->until, 0);
	return note_fragment(datagram, ip, steering_counter_pass_fragment);
}

#endif
