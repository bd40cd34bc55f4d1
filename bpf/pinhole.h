/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinholes: doors for the first packet of an announced data connection, which turns them into a pair of flows.
 *
 * Invariants: a claim is won once; whoever wins it makes both flows or gives it back; what a door says is copied
 * before its claim is tried, because user space may put another in its place at any time.
 */
#ifndef STEERING_PINHOLE_H
#define STEERING_PINHOLE_H

/* May this packet be the first one through? A TCP connection begins with a bare SYN (RFC 9293 section 3.5). */
static __always_inline int may_open(const struct packet *packet)
{
	return packet->protocol != IPPROTO_TCP ||
	       (packet->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
}

/* The word of a claim (enum steering_claim). */
static __always_inline __u64 claim_word(const struct steering_pinhole *pinhole, enum steering_claim state, __be16 port)
{
	return (__u64)pinhole->serial << 32 | state << 16 | port;
}

/* What the flows of both families begin with. */
static __always_inline struct steering_flow new_flow(const struct steering_pinhole *pinhole)
{
	return (struct steering_flow){ .conversation = pinhole->conversation, .last_seen = READ_ONCE(settings.tick) };
}

/* Puts both directions into a table, or neither. */
static __always_inline int insert_pair(void *table, const void *tuple, const struct steering_flow *flow,
				       const void *reverse_tuple, const struct steering_flow *reverse_flow)
{
	if (bpf_map_update_elem(table, tuple, flow, BPF_ANY))
		return -1;
	if (!bpf_map_update_elem(table, reverse_tuple, reverse_flow, BPF_ANY))
		return 0;
	bpf_map_delete_elem(table, tuple);
	return -1;
}

static __always_inline int create_flows_ipv4(const struct steering_tuple *tuple, const struct steering_pinhole *pinhole)
{
	struct steering_flow flow = new_flow(pinhole), reverse_flow = new_flow(pinhole);
	struct steering_tuple reverse = {
		.source = pinhole->leaves.destination,
		.destination = pinhole->leaves.source,
		.source_port = pinhole->leaves.destination_port,
		.destination_port = pinhole->leaves.source_port ?: tuple->source_port,
		.protocol = tuple->protocol,
		.side = !tuple->side,
	};

	flow.leaves = pinhole->leaves;
	flow.leaves.source_port = reverse.destination_port;
	reverse_flow.leaves.source = tuple->destination;
	reverse_flow.leaves.destination = tuple->source;
	reverse_flow.leaves.source_port = tuple->destination_port;
	reverse_flow.leaves.destination_port = tuple->source_port;
	return insert_pair(&flows, tuple, &flow, &reverse, &reverse_flow);
}

static __always_inline int create_flows_ipv6(const struct steering_tuple6 *tuple,
					     const struct steering_pinhole *pinhole)
{
	struct steering_flow flow = new_flow(pinhole);
	struct steering_tuple6 reverse = {
		.source = tuple->destination,
		.destination = tuple->source,
		.source_port = tuple->destination_port,
		.destination_port = tuple->source_port,
		.protocol = tuple->protocol,
		.side = !tuple->side,
	};

	return insert_pair(&flows6, tuple, &flow, &reverse, &flow);
}

/* Whether the door is one for this packet. */
static __always_inline enum steering_counter try_pinhole(const struct packet *packet,
							 const struct steering_pinhole *pinhole)
{
	if (READ_ONCE(settings.tick) >= pinhole->expires)
		return steering_counter_drop_expired_pinhole;
	if (!may_open(packet))
		return steering_counter_drop_pinhole_state;
	return UNDECIDED;
}

/* Goes through the door, if it is still open. `tuple` is the packet's, of the family that it has. */
static __always_inline enum steering_counter claim_pinhole(const struct packet *packet, const void *tuple,
							   const struct steering_pinhole *pinhole)
{
	__u64 open = claim_word(pinhole, STEERING_CLAIM_OPEN, 0);
	__u32 index = pinhole->claim;
	__u64 *claim = bpf_map_lookup_elem(&claims, &index);
	int failed;

	if (!claim || __sync_val_compare_and_swap(claim, open, claim_word(pinhole, STEERING_CLAIM_TAKEN,
									  packet->ports.source)) != open)
		return steering_counter_drop_claimed_pinhole;
	if (packet->family == 4)
		failed = create_flows_ipv4(tuple, pinhole);
	else
		failed = create_flows_ipv6(tuple, pinhole);
	/* An exchange, because it is ordered behind the flows. */
	__sync_lock_test_and_set(claim, failed ? open : claim_word(pinhole, STEERING_CLAIM_USED, packet->ports.source));
	return failed ? steering_counter_drop_flow_full : steering_counter_forward_pinhole;
}

#endif
