/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows: data connections under way. Most packets that concern the gateway end here. */
#ifndef STEERING_FLOW_H
#define STEERING_FLOW_H

/* ---- the filter: is it worth while to look? ---- */

static __always_inline int counts(__u32 cell)
{
	__u32 line = cell / STEERING_FILTER_LINE;
	const struct filter_line *cells = bpf_map_lookup_elem(&filter, &line);

	return cells && READ_ONCE(cells->cell[cell % STEERING_FILTER_LINE]);
}

static __always_inline int may_be_known_ipv4(const struct packet *packet)
{
	const struct iphdr *ip = packet->network;

	return counts(packet->side == STEERING_INSIDE ?
			      steering_filter_cell(ip->saddr, ip->daddr, settings.filter_shift) :
			      steering_filter_cell(ip->daddr, ip->saddr, settings.filter_shift));
}

static __always_inline int may_be_known_ipv6(const struct packet *packet)
{
	const struct ipv6hdr *ip = packet->network;
	const struct steering_address *source = (void *)&ip->saddr, *destination = (void *)&ip->daddr;

	return counts(packet->side == STEERING_INSIDE ?
			      steering_filter_cell6(source, destination, settings.filter_shift) :
			      steering_filter_cell6(destination, source, settings.filter_shift));
}

/* ---- translation ---- */

/* TTL minus one; returns the change for the header checksum. The TTL is the upper half of its 16-bit word. */
static __always_inline __u32 decrement_ttl(struct iphdr *ip)
{
	ip->ttl--;
	return change16(bpf_htons((ip->ttl + 1) << 8), bpf_htons(ip->ttl << 8));
}

/* The DSCP of media, if they are to have one; ECN stays. As above; the field is the lower half of its word. */
static __always_inline __u32 mark(struct iphdr *ip)
{
	__u32 chosen = READ_ONCE(settings.media_tos);
	__u8 before = ip->tos;

	if (!chosen)
		return 0;
	ip->tos = (chosen & 0xfc) | (before & 3);
	return change16(bpf_htons(before), bpf_htons(ip->tos));
}

static __always_inline void translate_ipv4(const struct packet *packet, const struct steering_translation *leaves)
{
	struct iphdr *ip = packet->network;
	struct port_pair *ports = packet->transport;
	__u32 addresses_change = change32(ip->saddr, leaves->source) + change32(ip->daddr, leaves->destination);
	__u32 ports_change = change16(packet->ports.source, leaves->source_port) +
			     change16(packet->ports.destination, leaves->destination_port);
	__u32 header_change = addresses_change + decrement_ttl(ip);

	if (packet->protocol == IPPROTO_TCP) {
		*packet->checksum = updated(*packet->checksum, addresses_change + ports_change);
	} else {
		*packet->checksum = updated_udp(*packet->checksum, addresses_change + ports_change);
		header_change += mark(ip);
	}
	ip->check = updated(ip->check, header_change);
	ip->saddr = leaves->source;
	ip->daddr = leaves->destination;
	ports->source = leaves->source_port;
	ports->destination = leaves->destination_port;
}

/* Nothing but the hop limit, which no checksum covers. */
static __always_inline void translate_ipv6(const struct packet *packet)
{
	struct ipv6hdr *ip = packet->network;

	ip->hop_limit--;
}

/* ---- forwarding ---- */

/* The next hop of a flow: the one it keeps, or a new one, which it keeps from then on. */
static __always_inline enum steering_counter find_hop(const struct packet *packet, struct steering_flow *flow,
						      struct steering_hop *hop)
{
	struct bpf_fib_lookup ask = {
		.l4_protocol = packet->protocol,
		.sport = packet->ports.source,
		.dport = flow->leaves.destination_port ?: packet->ports.destination,
	};
	enum steering_counter verdict;

	if (is_proven(READ_ONCE(flow->hop.proof), packet)) {
		hop->to = READ_ONCE(flow->hop.to);
		hop->from = READ_ONCE(flow->hop.from);
		return UNDECIDED;
	}
	verdict = find_way(packet, flow->leaves.destination, &ask, hop);
	if (verdict != UNDECIDED)
		return verdict;
	WRITE_ONCE(flow->hop.to, hop->to);
	WRITE_ONCE(flow->hop.from, hop->from);
	WRITE_ONCE(flow->hop.proof, current_proof(packet));
	return UNDECIDED;
}

/* last_seen and flags are written only when they change: the entry's cache line is shared by all cores. */
static __always_inline void account(const struct packet *packet, struct steering_flow *flow)
{
	__u32 tick = READ_ONCE(settings.tick);
	__u32 flags = (packet->tcp_flags & TCP_FIN ? STEERING_FLOW_FIN : 0) |
		      (packet->tcp_flags & TCP_RST ? STEERING_FLOW_RST : 0);

	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, packet->length);
	if (flow->last_seen != tick)
		flow->last_seen = tick;
	if (flags & ~flow->flags)
		__sync_fetch_and_or(&flow->flags, flags);
}

/* The key of a packet's flow. */
static __always_inline struct steering_tuple tuple_ipv4(const struct packet *packet)
{
	const struct iphdr *ip = packet->network;

	return (struct steering_tuple){
		.source = ip->saddr,
		.destination = ip->daddr,
		.source_port = packet->ports.source,
		.destination_port = packet->ports.destination,
		.protocol = packet->protocol,
		.side = packet->side,
	};
}

/* A packet that is a worker's. Where one from inside ends here, the kernel answers, as for all other traffic. */
static __always_inline enum steering_counter steer(const struct packet *packet)
{
	return packet->side == STEERING_INSIDE && packet->hops <= 1 ? steering_counter_pass_elsewhere :
								      steering_counter_steer_service;
}

static __always_inline enum steering_counter forward(struct packet *packet, struct steering_flow *flow,
						     enum steering_counter sent)
{
	struct steering_hop hop;
	enum steering_counter verdict;

	if (flow->flags & STEERING_FLOW_WORKER)
		return steer(packet);
	if (packet->hops <= 1)
		return steering_counter_steer_expiring;
	verdict = find_hop(packet, flow, &hop);
	if (verdict == UNDECIDED)
		verdict = take_way(packet, &hop);
	if (verdict != UNDECIDED && verdict != steering_counter_steer_card)
		return verdict;
	if (exceeds_rate(packet, flow))
		return steering_counter_drop_rate;
	account(packet, flow);
	if (sent == steering_counter_forward_flow)	/* A pinhole's flows begin without a stream. */
		count_rtp(packet, flow);
	if (verdict != UNDECIDED)
		return verdict;
	if (packet->family == 4)
		translate_ipv4(packet, &flow->leaves);
	else
		translate_ipv6(packet);
	return leave(packet, &hop, sent);
}

#endif
