/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Pins the layout of the contract, on the Swift side of it, opens its tables, and names its counters. Keys are compared and hashed as
 * bytes: where the members add up to the size, none of them is padding.
 */
#include "steering.h"

#include <stddef.h>

#define ASSERT_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type " has another size")
#define ASSERT_OFFSET(type, member, offset) \
	_Static_assert(offsetof(struct type, member) == (offset), #type "." #member " has moved")

ASSERT_SIZE(steering_address, 4 * 4);
ASSERT_SIZE(steering_tuple, 4 + 4 + 2 + 2 + 1 + 1 + 2);
ASSERT_OFFSET(steering_tuple, source_port, 8);
ASSERT_OFFSET(steering_tuple, protocol, 12);
ASSERT_SIZE(steering_tuple6, 16 + 16 + 2 + 2 + 1 + 1 + 2);
ASSERT_OFFSET(steering_tuple6, source_port, 32);
ASSERT_OFFSET(steering_tuple6, protocol, 36);
ASSERT_SIZE(steering_translation, 4 + 4 + 2 + 2);
ASSERT_SIZE(steering_hop, 3 * 8);
ASSERT_SIZE(steering_hop_end, 8);
ASSERT_SIZE(steering_flow, 12 + 4 + 4 + 4 + 8 + 8 + 24);
ASSERT_OFFSET(steering_flow, last_seen, 16);
ASSERT_OFFSET(steering_flow, packets, 24);
ASSERT_OFFSET(steering_flow, hop, 40);
ASSERT_OFFSET(steering_flow, flags, 20);
ASSERT_SIZE(steering_stream, 8 + 13 * 4 + 1 + 1 + 2);
ASSERT_OFFSET(steering_stream, clock_rate, 28);
ASSERT_OFFSET(steering_stream, payload_type, 60);
ASSERT_SIZE(steering_pinhole, 12 + 4 * 4);
ASSERT_OFFSET(steering_pinhole, claim, 20);
ASSERT_SIZE(steering_link_key, 4 + 2 * 2);
ASSERT_SIZE(steering_link, 4 + 4 + 4 + 6 + 1 + 1);
ASSERT_OFFSET(steering_link, mac, 12);
ASSERT_SIZE(steering_exit, 2 * 2 + 2 * 2 + 4);
ASSERT_SIZE(steering_settings, 4 * 4 + 2 * 2 + 2 * 4);
ASSERT_OFFSET(steering_settings, generation, 4);
ASSERT_SIZE(steering_tables, 4096 * 20 + 256 * 12 + 65536);

struct steering_link *steering_card(void *tables, __u32 card)
{
	return &((struct steering_tables *)tables)->cards[card];
}

struct steering_exit *steering_exit_at(void *tables, __u32 number)
{
	return &((struct steering_tables *)tables)->exits[number];
}

__u8 *steering_services(void *tables, __u16 port)
{
	return &((struct steering_tables *)tables)->services[port];
}

__u64 steering_tables_size(void)
{
	return sizeof(struct steering_tables);
}

static const char *const names[] = {
#define X(name, meaning) #name,
	STEERING_COUNTERS(X)
#undef X
};

static const char *const meanings[] = {
#define X(name, meaning) meaning,
	STEERING_COUNTERS(X)
#undef X
};

const char *steering_counter_name(unsigned int counter)
{
	return counter < STEERING_COUNTER_COUNT ? names[counter] : NULL;
}

const char *steering_counter_meaning(unsigned int counter)
{
	return counter < STEERING_COUNTER_COUNT ? meanings[counter] : NULL;
}
