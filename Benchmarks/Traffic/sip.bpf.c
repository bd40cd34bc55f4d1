// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phones and their server, see sip.h. `phone` and `server` answer on the links of the two hosts; `generator`, a test-
 * run with live frames, says what nobody has asked for.
 *
 * A frame grows and shrinks at its head, where frames have some 200 bytes of room wherever they come from: no message
 * is longer than the one before by more.
 */
#include "sip.h"
#include "traffic_program.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sip_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);	/* set when it is loaded */
	__type(key, __u32);
	__type(value, struct sip_phone);
} phones SEC(".maps");

/* As they are sent, and as they have to arrive. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SIP_STEPS);
	__type(key, __u32);
	__type(value, struct sip_message);
} sent SEC(".maps"), received SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sip_results);
} results SEC(".maps");

/* Text of a field: up to eight bytes, the others 0. */
union digits {
	__u8 bytes[8];
	__u16 words[4];
	__u64 all;
};

/* What a message is written with. */
struct fields {
	__u8 stations[12];
	__be32 addresses[2];
	__be16 ports[2];
	union digits port, media, call;
};

/* ---- text ---- */

static __always_inline void write_port(union digits *digits, __u16 port)
{
	digits->all = 0;
	digits->bytes[0] = '0' + port / 10000;
	digits->bytes[1] = '0' + port / 1000 % 10;
	digits->bytes[2] = '0' + port / 100 % 10;
	digits->bytes[3] = '0' + port / 10 % 10;
	digits->bytes[4] = '0' + port % 10;
}

static __always_inline void write_call(union digits *digits, __u32 call)
{
	for (int index = 0; index < 8; index++) {
		__u8 digit = call >> (28 - 4 * index) & 15;

		digits->bytes[index] = digit < 10 ? '0' + digit : 'a' + digit - 10;
	}
}

static __always_inline __u32 fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* Writes a field at all its places, and adds it to a sum; 0 if one is outside of the frame. */
static __always_inline int put(struct xdp_md *context, const struct sip_places *places, const union digits *digits,
			       int length, __u32 *sum)
{
	__u32 words = fold(digits->words[0] + digits->words[1] + digits->words[2] + digits->words[3]);

	for (int index = 0; index < SIP_PLACES; index++) {
		__u32 place = places->at[index];
		__u8 *text = (void *)(long)context->data;

		if (!place)
			return 1;
		text += SIP_HEADERS + (place & SIP_LENGTH);
		if (text + 8 > (__u8 *)(long)context->data_end)
			return 0;
		__builtin_memcpy(text, digits->bytes, length);
		/* At an odd place its bytes are the other ones of the words (RFC 1071 section 2). */
		*sum += place & 1 ? __builtin_bswap16(words) : words;
	}
	return 1;
}

/* Whether a text has arrived as it should: of the right length, and the phone's address at all its places. */
static __always_inline int is_right(struct xdp_md *context, const struct sip_message *message, __u64 address)
{
	if (bpf_xdp_get_buff_len(context) != SIP_HEADERS + message->length)
		return 0;
	for (int index = 0; index < SIP_PLACES; index++) {
		__u32 place = message->addresses.at[index];
		__u8 *text = (void *)(long)context->data;

		if (!place)
			return 1;
		text += SIP_HEADERS + (place & SIP_LENGTH);
		if (text + 8 > (__u8 *)(long)context->data_end || *(__u64 *)text != address)
			return 0;
	}
	return 1;
}

/* The number of the call that a message names. */
static __always_inline int read_call(struct xdp_md *context, const struct sip_message *message, union digits *call)
{
	__u8 *text = (void *)(long)context->data;

	text += SIP_HEADERS + (message->calls.at[0] & SIP_LENGTH);
	if (text + 8 > (__u8 *)(long)context->data_end)
		return 0;
	call->all = *(__u64 *)text;
	return 1;
}

/* ---- frames ---- */

/* What the answer to a datagram is written with. */
static __always_inline int turn_around(struct xdp_md *context, struct fields *fields)
{
	__u8 *frame = (void *)(long)context->data;
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct udphdr *udp = (void *)(ip + 1);

	if (frame + SIP_HEADERS > (__u8 *)(long)context->data_end)
		return 0;
	if (*(__be16 *)(frame + 12) != bpf_htons(ETH_P_IP) || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return 0;
	__builtin_memcpy(fields->stations, frame + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(fields->stations + ETH_ALEN, frame, ETH_ALEN);
	fields->addresses[0] = ip->daddr;
	fields->addresses[1] = ip->saddr;
	fields->ports[0] = udp->dest;
	fields->ports[1] = udp->source;
	return 1;
}

static __always_inline void write_headers(__u8 *frame, const struct fields *fields, __u32 length, __u32 sum)
{
	struct iphdr *ip = (void *)(frame + ETH_HLEN);
	struct udphdr *udp = (void *)(ip + 1);
	const __u16 *ends = (const __u16 *)fields->addresses, *words = (const __u16 *)ip;
	__u32 header = 0;

	__builtin_memcpy(frame, fields->stations, sizeof(fields->stations));
	*(__be16 *)(frame + 12) = bpf_htons(ETH_P_IP);
	*(__be32 *)ip = bpf_htonl(0x45000000 | (length + sizeof(*ip) + sizeof(*udp)));
	ip->id = 0;
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->check = 0;
	ip->saddr = fields->addresses[0];
	ip->daddr = fields->addresses[1];
	for (int index = 0; index < 10; index++)
		header += words[index];
	ip->check = ~fold(header);
	udp->source = fields->ports[0];
	udp->dest = fields->ports[1];
	udp->len = bpf_htons(sizeof(*udp) + length);
	sum += ends[0] + ends[1] + ends[2] + ends[3] + bpf_htons(IPPROTO_UDP) + 2 * udp->len;
	sum = fold(sum + udp->source + udp->dest);
	udp->check = sum == 0xffff ? 0xffff : ~sum;
}

/* Makes a frame, whatever it was, one with a message; 0 if there is no room for it. */
static __always_inline int write(struct xdp_md *context, __u32 step, const struct fields *fields)
{
	struct sip_message *message = bpf_map_lookup_elem(&sent, &step);
	__u32 length = message ? message->length : 0, sum;
	__u8 *frame;

	if (length < 1 || length > SIP_LENGTH)
		return 0;
	if (bpf_xdp_adjust_head(context, (int)(bpf_xdp_get_buff_len(context) - SIP_HEADERS - length)))
		return 0;
	if (bpf_xdp_store_bytes(context, SIP_HEADERS, message->bytes, length))
		return 0;
	sum = message->sum;
	if (!put(context, &message->ports, &fields->port, 5, &sum) ||
	    !put(context, &message->media, &fields->media, 5, &sum) ||
	    !put(context, &message->calls, &fields->call, 8, &sum))
		return 0;
	frame = (void *)(long)context->data;
	if (frame + SIP_HEADERS > (__u8 *)(long)context->data_end)
		return 0;
	write_headers(frame, fields, length, sum);
	return 1;
}

static __always_inline int answer(struct xdp_md *context, __u32 step, const struct fields *fields,
				  struct sip_results *result)
{
	if (write(context, step, fields))
		return XDP_TX;
	result->strange++;
	return XDP_DROP;
}

/* ---- the server ---- */

/* Which request a datagram is, by its first letter; SIP_STEPS if none. */
static __always_inline __u32 find_step(struct xdp_md *context)
{
	__u8 *text = (void *)(long)context->data;

	text += SIP_HEADERS;
	if (text + 1 > (__u8 *)(long)context->data_end)
		return SIP_STEPS;
	return *text == 'R' ? 0 : *text == 'I' ? 2 : *text == 'B' ? 4 : SIP_STEPS;
}

SEC("xdp")
int server(struct xdp_md *context)
{
	struct fields fields = {};
	__u32 key = 0;
	struct sip_settings *setting = bpf_map_lookup_elem(&settings, &key);
	struct sip_results *result = bpf_map_lookup_elem(&results, &key);
	struct sip_message *message;

	if (!setting || !result || !turn_around(context, &fields) || fields.ports[0] != bpf_htons(SIP_PORT))
		return XDP_PASS;
	key = find_step(context);
	message = bpf_map_lookup_elem(&received, &key);
	if (!message || !is_right(context, message, setting->outside) || !read_call(context, message, &fields.call)) {
		result->strange++;
		return XDP_DROP;
	}
	result->rewritten++;
	write_port(&fields.port, bpf_ntohs(fields.ports[1]));
	return answer(context, key + 1, &fields, result);
}

/* ---- the phones ---- */

/* What a phone's next request is written with, besides addresses. */
static __always_inline void ask(struct sip_settings *setting, __u32 index, struct sip_phone *phone, __u64 now,
				struct fields *fields)
{
	phone->asked = 1;
	phone->since = now;
	write_port(&fields->port, setting->port + index);
	write_port(&fields->media, setting->media + 2 * index);
	write_call(&fields->call, phone->call);
}

/* A request was answered, or is given up. It stays `asked`, so that the generator does not begin the next one, too. */
static __always_inline void proceed(struct sip_phone *phone)
{
	phone->step += 2;
	if (phone->step >= SIP_STEPS) {
		phone->step = 0;
		phone->call++;
	}
}

SEC("xdp")
int phone(struct xdp_md *context)
{
	struct fields fields = {};
	union digits call, expected;
	__u32 key = 0, index, place;
	struct sip_settings *setting = bpf_map_lookup_elem(&settings, &key);
	struct sip_results *result = bpf_map_lookup_elem(&results, &key);
	struct sip_message *message;
	struct sip_phone *phone;
	__u64 now;

	if (!setting || !result || !turn_around(context, &fields) || fields.ports[1] != bpf_htons(SIP_PORT))
		return XDP_PASS;
	index = bpf_ntohs(fields.ports[0]) - setting->port;
	phone = bpf_map_lookup_elem(&phones, &index);
	key = phone ? phone->step + 1 : SIP_STEPS;
	message = bpf_map_lookup_elem(&received, &key);
	if (!phone || !message || !is_right(context, message, setting->inside) ||
	    !read_call(context, message, &call)) {
		result->strange++;
		return XDP_DROP;
	}
	write_call(&expected, phone->call);
	if (!phone->asked || call.all != expected.all) {
		result->strange++;
		return XDP_DROP;
	}
	now = bpf_ktime_get_ns();
	place = traffic_bucket(now - phone->since);
	if (place < TRAFFIC_LATENCIES)
		result->latencies[place]++;
	result->answers++;
	proceed(phone);
	if (setting->mode != SIP_LOOP) {
		phone->asked = 0;
		return XDP_DROP;
	}
	ask(setting, index, phone, now, &fields);
	return answer(context, phone->step, &fields, result);
}

/* ---- the router ---- */

/* As in control.bpf.c. */
SEC("xdp")
int pass(struct xdp_md *context)
{
	(void)context;
	return XDP_PASS;
}

/* ---- the generator ---- */

SEC("xdp")
int generator(struct xdp_md *context)
{
	struct fields fields = {};
	__u32 key = 0;
	struct sip_settings *setting = bpf_map_lookup_elem(&settings, &key);
	struct sip_results *result = bpf_map_lookup_elem(&results, &key);
	struct sip_phone *phone;
	__u64 now = bpf_ktime_get_ns();

	if (!setting || !result)
		return XDP_ABORTED;
	key = setting->turn;
	phone = bpf_map_lookup_elem(&phones, &key);
	if (!phone)
		return XDP_ABORTED;
	/* Another processor may have set it since. */
	if (phone->asked && (__s64)(now - phone->since) < SIP_PATIENCE) {
		setting->turn = key + 1 < setting->phones ? key + 1 : 0;
		return XDP_DROP;
	}
	if (!traffic_is_due(&setting->due, setting->interval, now))
		return XDP_DROP;
	setting->turn = key + 1 < setting->phones ? key + 1 : 0;
	if (phone->asked) {
		result->lost++;
		proceed(phone);
	}
	ask(setting, key, phone, now, &fields);
	__builtin_memcpy(fields.stations, setting->stations, sizeof(fields.stations));
	__builtin_memcpy(fields.addresses, setting->addresses, sizeof(fields.addresses));
	fields.ports[0] = bpf_htons(setting->port + key);
	fields.ports[1] = bpf_htons(SIP_PORT);
	setting->started++;
	return write(context, phone->step, &fields) ? bpf_redirect(setting->interface, 0) : XDP_ABORTED;
}

char LICENSE[] SEC("license") = "GPL";
