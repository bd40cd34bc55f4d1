/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Services: control conversations, which go to a worker. From inside, those that go to the outside, and what goes to
 * bindings; from outside, the answers to NAT's own ports, and all that comes to bindings, contacts and awaited media
 * (IPv4), or the answers to anybody but the router (IPv6).
 */
#ifndef STEERING_SERVICE_H
#define STEERING_SERVICE_H

/* What a port is: bits of enum steering_service. */
static __always_inline __u8 services_of(__be16 swapped)
{
	__u32 port = bpf_ntohs(swapped);

	/* Not every kernel knows what swapped bytes are at most, and the compiler, which does, must not know better. */
	asm volatile("" : "+r"(port));
	return tables.services[port & 0xffff];
}

/* The port by which a packet belongs to a service: where it goes from inside, where it comes from outside. */
static __always_inline int has_service(__u8 side, __u8 protocol, __u8 family, struct port_pair ports)
{
	__u8 wanted = protocol == IPPROTO_UDP ? STEERING_SERVICE_UDP4 : STEERING_SERVICE_TCP4;

	if (family == 6)
		wanted <<= 2;
	return services_of(side == STEERING_INSIDE ? ports.destination : ports.source) & wanted;
}

static __always_inline int in_port_block(__be16 port)
{
	return settings.port_first <= bpf_ntohs(port) && bpf_ntohs(port) <= settings.port_last;
}

/* Whether a datagram goes to a binding, or to media that may come from anywhere, as far as its port says. */
static __always_inline int goes_to(enum steering_service what, __u8 protocol, struct port_pair ports)
{
	return protocol == IPPROTO_UDP && services_of(ports.destination) & what;
}

/* Whether an IPv4 packet is a service's as far as its ports say: from outside, one to a port that stands for something. */
static __always_inline int is_service_ipv4(__u8 side, __u8 protocol, struct port_pair ports)
{
	__u8 wanted = protocol == IPPROTO_UDP ? STEERING_SERVICE_BINDING | STEERING_SERVICE_MEDIA :
						STEERING_SERVICE_CONTACT;

	if (side == STEERING_INSIDE)
		return has_service(side, protocol, 4, ports);
	if (services_of(ports.destination) & wanted)
		return 1;
	return has_service(side, protocol, 4, ports) && in_port_block(ports.destination);
}

/* What an address is to the gateway: bits of enum steering_address_use. */
static __always_inline __u32 address_use(const struct steering_address *address)
{
	const __u32 *use = bpf_map_lookup_elem(&addresses, address);

	return use ? *use : 0;
}

/*
 * Whether the kernel would send a packet out by an interface of the outside. Only then is it the gateway's: what goes to
 * another inside network, or by an interface that is not configured, goes as if there were no gateway; and what cannot
 * go at all, the kernel answers. The size does not count here: the worker cuts segments itself.
 */
static __always_inline int leads_outside(const struct packet *packet)
{
	struct bpf_fib_lookup ask = { .ifindex = packet->link->ifindex };
	const __u32 *number;
	int answer;

	if (packet->family == 4)
		describe_ipv4(packet, ((struct iphdr *)packet->network)->daddr, &ask);
	else
		describe_ipv6(packet, &ask);
	answer = bpf_fib_lookup(packet->context, &ask, sizeof(ask), 0);
	if (answer != BPF_FIB_LKUP_RET_SUCCESS && answer != BPF_FIB_LKUP_RET_NO_NEIGH)
		return 0;
	number = bpf_map_lookup_elem(&exit_numbers, &ask.ifindex);
	if (!number)
		return 0;
	return tables.exits[*number % STEERING_EXITS_MAX].side == STEERING_OUTSIDE;
}

/* ---- IPv4, with an answer for each pair of hosts that is asked for once ---- */

/* What is asked: with the DSCP, which is in the proof, all that the kernel's rules can route by. Then the answer. */
struct answer {
	__be32 source;
	__be32 destination;
	__u32 ifindex;
	enum steering_counter verdict;
	__u64 proof;	/* as in struct steering_hop */
};

#define ANSWERS_LOGARITHM 12

/* Each processor has its own, so that no entry is read half written. One pair of hosts puts another one out. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1 << ANSWERS_LOGARITHM);
	__type(key, __u32);
	__type(value, struct answer);
} answers SEC(".maps");

static __always_inline enum steering_counter ask_ipv4(const struct packet *packet)
{
	struct steering_address destination = { .word[0] = ((struct iphdr *)packet->network)->daddr };
	__u32 use = address_use(&destination);

	if (packet->side == STEERING_OUTSIDE)
		return use & STEERING_ADDRESS_PUBLIC ? steering_counter_steer_service : steering_counter_pass_other;
	if (use)
		return steering_counter_pass_local;
	return leads_outside(packet) ? steering_counter_steer_service : steering_counter_pass_elsewhere;
}

/* The verdict for all service packets between two hosts, but for those whose time to live ends here. */
static __always_inline enum steering_counter answer_ipv4(const struct packet *packet)
{
	const struct iphdr *ip = packet->network;
	__u32 cell = steering_filter_cell(ip->saddr, ip->daddr, 64 - ANSWERS_LOGARITHM);
	struct answer *answer = bpf_map_lookup_elem(&answers, &cell);

	if (!answer)
		return steering_counter_pass_other;
	if (answer->source == ip->saddr && answer->destination == ip->daddr &&
	    answer->ifindex == packet->link->ifindex && is_proven(answer->proof, packet))
		return answer->verdict;
	answer->source = ip->saddr;
	answer->destination = ip->daddr;
	answer->ifindex = packet->link->ifindex;
	answer->verdict = ask_ipv4(packet);
	answer->proof = current_proof(packet);
	return answer->verdict;
}

/* Whether a packet from inside goes to a binding of another host inside (RFC 4787 REQ-9). */
static __always_inline int turns_back(const struct packet *packet)
{
	struct steering_address destination = { .word[0] = ((struct iphdr *)packet->network)->daddr };

	return packet->side == STEERING_INSIDE && goes_to(STEERING_SERVICE_BINDING, packet->protocol, packet->ports) &&
	       answer_ipv4(packet) == steering_counter_pass_local &&
	       address_use(&destination) & STEERING_ADDRESS_PUBLIC;
}

static __always_inline enum steering_counter serve_ipv4(const struct packet *packet)
{
	enum steering_counter verdict;

	if (turns_back(packet))
		return steer(packet);
	if (!is_service_ipv4(packet->side, packet->protocol, packet->ports))
		return steering_counter_pass_other;
	verdict = answer_ipv4(packet);
	if (verdict != steering_counter_steer_service)
		return verdict;
	if (packet->side == STEERING_OUTSIDE && goes_to(STEERING_SERVICE_MEDIA, packet->protocol, packet->ports))
		return steering_counter_steer_media;
	return steer(packet);
}

/* ---- IPv6 ---- */

static __always_inline enum steering_counter serve_ipv6(const struct packet *packet)
{
	struct steering_address destination;
	__u32 use;

	if (!has_service(packet->side, packet->protocol, 6, packet->ports))
		return steering_counter_pass_other;
	__builtin_memcpy(&destination, &((struct ipv6hdr *)packet->network)->daddr, sizeof(destination));
	use = address_use(&destination);
	if (packet->side == STEERING_OUTSIDE)
		return use & STEERING_ADDRESS_LOCAL ? steering_counter_pass_local : steering_counter_steer_service;
	if (use)
		return steering_counter_pass_local;
	return packet->hops > 1 && leads_outside(packet) ? steering_counter_steer_service :
							   steering_counter_pass_elsewhere;
}

#endif
