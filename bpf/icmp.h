/* SPDX-License-Identifier: GPL-2.0-only */
/* ICMP errors about a flow are translated with the packet that they quote (RFC 5508 section 4). IPv4 only. */
#ifndef STEERING_ICMP_H
#define STEERING_ICMP_H

enum icmp_error {
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER_PROBLEM = 12,
};

/* An ICMP error up to the packet that it quotes (RFC 792). */
struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 checksum;
	__be32 rest;
};

static __always_inline int is_error(__u8 type)
{
	return type == ICMP_UNREACHABLE || type == ICMP_SOURCE_QUENCH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETER_PROBLEM;
}

/*
 * Finds the ports of the packet that an ICMP error quotes, and the tuple of the packets that would answer the quoted
 * one: they come in by the same link as the error does.
 */
static __always_inline enum steering_counter read_quoted(const struct packet *packet, struct port_pair **pair,
							 struct steering_tuple *tuple)
{
	struct icmp_header *icmp = packet->transport;
	struct iphdr *quoted = (void *)(icmp + 1);
	__u32 header;

	if (packet->payload < sizeof(*icmp) || (void *)quoted > packet->end)
		return steering_counter_pass_short;
	if (!is_error(icmp->type))
		return steering_counter_pass_protocol;
	if ((void *)(quoted + 1) > packet->end || quoted->version != 4)
		return steering_counter_pass_short;
	header = quoted->ihl * 4;
	*pair = (void *)quoted + header;
	if (header < sizeof(*quoted) || packet->payload < sizeof(*icmp) + header + sizeof(struct udphdr) ||
	    (void *)*pair + sizeof(struct udphdr) > packet->end)
		return steering_counter_pass_short;
	if (quoted->frag_off & bpf_htons(IP_OFFSET))
		return steering_counter_pass_other;
	if (quoted->protocol != IPPROTO_TCP && quoted->protocol != IPPROTO_UDP)
		return steering_counter_pass_other;
	*tuple = (struct steering_tuple){
		.source = quoted->daddr,
		.destination = quoted->saddr,
		.source_port = (*pair)->destination,
		.destination_port = (*pair)->source,
		.protocol = quoted->protocol,
		.side = packet->side,
	};
	return UNDECIDED;
}

/* Changes the checksum of the quoted TCP or UDP header, if it is quoted that far; returns the change of its bytes. */
static __always_inline __u32 translate_quoted_checksum(const struct packet *packet, struct port_pair *pair,
						       __u8 protocol, __u32 change)
{
	__u32 quoted_bytes = packet->payload - ((void *)pair - packet->transport);
	struct tcphdr *tcp = (void *)pair;
	struct udphdr *udp = (void *)pair;
	__u16 before;

	if (protocol == IPPROTO_UDP) {
		before = udp->check;
		udp->check = updated_udp(before, change);
		return change16(before, udp->check);
	}
	if (quoted_bytes < 18 || (void *)tcp + 18 > packet->end)
		return 0;
	before = tcp->check;
	tcp->check = updated(before, change);
	return change16(before, tcp->check);
}

/* The quoted packet, back to what it was on the other side: REQ-4 and REQ-5. Returns the change of its bytes. */
static __always_inline __u32 translate_quoted(const struct packet *packet, struct port_pair *pair,
					      const struct steering_translation *leaves)
{
	struct iphdr *quoted = packet->transport + sizeof(struct icmp_header);
	__u32 addresses_change = change32(quoted->saddr, leaves->destination) +
				 change32(quoted->daddr, leaves->source);
	__u32 ports_change = change16(pair->source, leaves->destination_port) +
			     change16(pair->destination, leaves->source_port);
	__u16 before = quoted->check;

	quoted->check = updated(before, addresses_change);
	quoted->saddr = leaves->destination;
	quoted->daddr = leaves->source;
	pair->source = leaves->destination_port;
	pair->destination = leaves->source_port;
	return addresses_change + ports_change + change16(before, quoted->check) +
	       translate_quoted_checksum(packet, pair, quoted->protocol, addresses_change + ports_change);
}

/* An error from outside keeps its source: who met the problem. One from inside gets the public address. */
static __always_inline void translate_error(const struct packet *packet, struct port_pair *pair,
					    const struct steering_translation *leaves)
{
	struct iphdr *ip = packet->network;
	struct icmp_header *icmp = packet->transport;
	__be32 source = packet->side == STEERING_INSIDE ? leaves->source : ip->saddr;
	__u32 change = change32(ip->saddr, source) + change32(ip->daddr, leaves->destination);

	ip->check = updated(ip->check, change + decrement_ttl(ip));
	ip->saddr = source;
	ip->daddr = leaves->destination;
	icmp->checksum = updated(icmp->checksum, translate_quoted(packet, pair, leaves));
}

/* Whether packets of this tuple are a worker's, as far as that can be said without asking where they would go. */
static __always_inline int is_control(const struct steering_tuple *tuple)
{
	struct port_pair ports = { tuple->source_port, tuple->destination_port };
	struct steering_address destination = { .word[0] = tuple->destination };
	__u32 use;

	if (!is_service_ipv4(tuple->side, tuple->protocol, ports))
		return 0;
	use = address_use(&destination);
	return tuple->side == STEERING_INSIDE ? !use : use & STEERING_ADDRESS_PUBLIC;
}

static __always_inline enum steering_counter forward_error(struct packet *packet)
{
	struct port_pair *pair;
	struct steering_tuple tuple;
	struct steering_hop hop;
	struct bpf_fib_lookup ask = { .l4_protocol = IPPROTO_ICMP };
	const struct steering_flow *flow;
	enum steering_counter verdict = read_quoted(packet, &pair, &tuple);

	if (verdict != UNDECIDED)
		return verdict;
	flow = bpf_map_lookup_elem(&flows, &tuple);
	if (!flow)
		return is_control(&tuple) ? steering_counter_steer_icmp : steering_counter_pass_other;
	if (flow->flags & STEERING_FLOW_WORKER)
		return steering_counter_steer_icmp;
	if (packet->hops <= 1)
		return steering_counter_steer_expiring;
	verdict = find_way(packet, flow->leaves.destination, &ask, &hop);
	if (verdict == UNDECIDED)
		verdict = take_way(packet, &hop);
	if (verdict != UNDECIDED)
		return verdict;
	translate_error(packet, pair, &flow->leaves);
	return leave(packet, &hop, steering_counter_forward_icmp);
}

#endif
