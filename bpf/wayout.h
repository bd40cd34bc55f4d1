/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out: where a packet goes next, and the frame in which it leaves. The kernel's tables say it; a flow keeps
 * the answer as long as it is proven to be current (struct steering_hop).
 */
#ifndef STEERING_WAYOUT_H
#define STEERING_WAYOUT_H

#define FAMILY_IPV4 2 /* AF_INET */
#define FAMILY_IPV6 10 /* AF_INET6 */

/* One word of a hop, whole and in its parts. */
union hop_word {
	__u64 whole;
	struct steering_hop_end end;
};

/* What a hop that was asked now, about packets like this one, has as its proof. */
static __always_inline __u64 current_proof(const struct packet *packet)
{
	return (__u64)packet->generation << 32 | (__u64)packet->dscp << 24 | (READ_ONCE(settings.tick) & 0xffffff);
}

/* Same generation, same DSCP, and not too old: what the kernel learns without a notice (a path MTU) is seen then. */
static __always_inline int is_proven(__u64 proof, const struct packet *packet)
{
	__u64 current = current_proof(packet);

	return !((proof ^ current) >> 24) && ((current - proof) & 0xffffff) < STEERING_HOP_SECONDS;
}

/* The kernel routes before it translates a source, so the packet's own source is what its rules match here too. */
static __always_inline void describe_ipv4(const struct packet *packet, __be32 destination, struct bpf_fib_lookup *ask)
{
	const struct iphdr *ip = packet->network;

	ask->family = FAMILY_IPV4;
	ask->tos = ip->tos;
	ask->ipv4_src = ip->saddr;
	ask->ipv4_dst = destination;
}

static __always_inline void describe_ipv6(const struct packet *packet, struct bpf_fib_lookup *ask)
{
	const struct ipv6hdr *ip = packet->network;

	ask->family = FAMILY_IPV6;
	ask->flowinfo = *(__be32 *)ip & bpf_htonl(0x0fffffff);
	__builtin_memcpy(ask->ipv6_src, &ip->saddr, sizeof(ask->ipv6_src));
	__builtin_memcpy(ask->ipv6_dst, &ip->daddr, sizeof(ask->ipv6_dst));
}

/* Asks the kernel's routing and neighbour tables; `destination` counts for IPv4 only. Touches nothing. */
static __always_inline enum steering_counter find_way(const struct packet *packet, __be32 destination,
						      struct bpf_fib_lookup *ask, struct steering_hop *hop)
{
	union hop_word to, from;
	const __u32 *number;

	ask->ifindex = packet->link->ifindex;
	ask->tot_len = packet->length;
	if (packet->family == 4)
		describe_ipv4(packet, destination, ask);
	else
		describe_ipv6(packet, ask);
	switch (bpf_fib_lookup(packet->context, ask, sizeof(*ask), 0)) {
	case BPF_FIB_LKUP_RET_SUCCESS:
		break;
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return steering_counter_steer_neighbour;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return steering_counter_steer_big;
	default:
		return steering_counter_steer_unroutable;
	}
	number = bpf_map_lookup_elem(&exit_numbers, &ask->ifindex);
	if (!number)
		return steering_counter_steer_unroutable;
	__builtin_memcpy(to.end.station, ask->dmac, ETH_ALEN);
	__builtin_memcpy(from.end.station, ask->smac, ETH_ALEN);
	to.end.number = *number;
	from.end.number = ask->mtu_result;
	hop->to = to.whole;
	hop->from = from.whole;
	return UNDECIDED;
}

/* Fixes the card by which the packet will leave. Touches nothing yet. */
static __always_inline enum steering_counter take_way(const struct packet *packet, const struct steering_hop *hop)
{
	union hop_word to = { .whole = hop->to }, from = { .whole = hop->from };

	if (packet->length > from.end.number)
		return steering_counter_steer_big;
	if (bpf_redirect_map(&ports, to.end.number, XDP_DROP) != XDP_REDIRECT)
		return steering_counter_steer_card;
	return UNDECIDED;
}

/* Puts the Ethernet header and VLAN tags of the way out before the packet. Ends the packet's pointers. */
static __always_inline enum steering_counter leave(struct packet *packet, const struct steering_hop *hop,
						   enum steering_counter sent)
{
	union hop_word to = { .whole = hop->to }, from = { .whole = hop->from };
	const struct steering_exit *out = &tables.exits[to.end.number % STEERING_EXITS_MAX];
	__u32 tags = !!out->protocol[0] + !!out->protocol[1];
	struct ethhdr *ethernet;
	struct vlan_tag *tag;
	void *end;

	if (tags != packet->tags &&
	    bpf_xdp_adjust_head(packet->context, ((int)packet->tags - (int)tags) * (int)sizeof(*tag)))
		return steering_counter_drop_room;
	ethernet = (void *)(long)packet->context->data;
	tag = (void *)(ethernet + 1);
	end = (void *)(long)packet->context->data_end;
	if ((void *)(tag + STEERING_TAGS_MAX) > end)
		return steering_counter_drop_room;
	__builtin_memcpy(ethernet->h_dest, to.end.station, ETH_ALEN);
	__builtin_memcpy(ethernet->h_source, from.end.station, ETH_ALEN);
	ethernet->h_proto = tags ? out->protocol[0] : packet->ethertype;
	if (tags) {
		tag[0].control = out->vlan[0];
		tag[0].protocol = tags > 1 ? out->protocol[1] : packet->ethertype;
	}
	if (tags > 1) {
		tag[1].control = out->vlan[1];
		tag[1].protocol = packet->ethertype;
	}
	return sent;
}

#endif
