/* SPDX-License-Identifier: GPL-2.0-only */
/* The program's maps. Those whose size is 1 here are sized by user space when it loads the program. */
#ifndef STEERING_MAPS_H
#define STEERING_MAPS_H

/* Plain hashes, preallocated: a scan of ports evicts nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple);
	__type(value, struct steering_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple6);
	__type(value, struct steering_flow);
} flows6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple);
	__type(value, struct steering_pinhole);
} pinholes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct steering_tuple6);
	__type(value, struct steering_pinhole);
} pinholes6 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} claims SEC(".maps");

/* A cache line each, in pages of their own: the lookup becomes an address. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct steering_stream);
} streams SEC(".maps");

/* Of each stream, the time in ns at which what has passed of it would have, had it come at the highest rate. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} meters SEC(".maps");

/* In lines, because an array gives each entry a multiple of eight bytes. */
struct filter_line {
	__u32 cell[STEERING_FILTER_LINE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct filter_line);
} filter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_LINKS_MAX);
	__type(key, struct steering_link_key);
	__type(value, struct steering_link);
} links SEC(".maps");

/* From the kernel's interface number to the number of the way out. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_EXITS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} exit_numbers SEC(".maps");

/* From the number of the way out to the card. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, STEERING_EXITS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STEERING_ADDRESSES_MAX);
	__type(key, struct steering_address);
	__type(value, __u32);
} addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, STEERING_COUNTER_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, STEERING_SOCKETS_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

/* Maps of their own, by their sections: read without a lookup. User space may write them at any time. */
struct steering_settings settings SEC(".data.settings") = { .generation = 1 };
struct steering_tables tables SEC(".data.tables") = {};

/* One load, as it stands in memory now; and one store. */
#define READ_ONCE(place) (*(const volatile typeof(place) *)&(place))
#define WRITE_ONCE(place, value) (*(volatile typeof(place) *)&(place) = (value))

#endif
