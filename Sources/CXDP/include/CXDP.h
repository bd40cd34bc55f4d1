/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that Swift calls in C on the packet path, and the few calls that Swift cannot spell.
 *
 * This header is an audit list: Swift's @_noLocks rejects every C function that does not carry the attribute, so
 * what stands here under SP_HOT is what may run per packet. Such a function neither allocates nor locks in user
 * space. Functions without SP_HOT are for set-up, and live in CXDP.c.
 *
 * Calls that fail return a negative errno value, as the kernel does.
 */
#ifndef CXDP_H
#define CXDP_H

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <sys/eventfd.h>
#include <xdp/xsk.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define SP_HOT static inline __attribute__((always_inline, swift_attr("@_noLocks")))

#pragma clang assume_nonnull begin

/* AF_XDP rings */

/* The four rings of one socket. libxdp keeps their addresses: it must not move while the socket lives. */
struct sp_rings {
	struct xsk_ring_cons receive;
	struct xsk_ring_prod transmit;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion;
};

/* Received packets: up to `most` of them from *first on; they stay until they are released. */
SP_HOT uint32_t sp_receive_peek(struct sp_rings *rings, uint32_t most, uint32_t *first)
{
	return xsk_ring_cons__peek(&rings->receive, most, first);
}

SP_HOT struct xdp_desc sp_receive_at(const struct sp_rings *rings, uint32_t index)
{
	return *xsk_ring_cons__rx_desc(&rings->receive, index);
}

SP_HOT void sp_receive_release(struct sp_rings *rings, uint32_t count)
{
	xsk_ring_cons__release(&rings->receive, count);
}

/* Places in the fill ring that are free now. */
SP_HOT uint32_t sp_fill_room(struct sp_rings *rings)
{
	return xsk_prod_nb_free(&rings->fill, rings->fill.size);
}

/* All of `count` places from *first on, or none (0). */
SP_HOT uint32_t sp_fill_reserve(struct sp_rings *rings, uint32_t count, uint32_t *first)
{
	return xsk_ring_prod__reserve(&rings->fill, count, first);
}

SP_HOT void sp_fill_put(struct sp_rings *rings, uint32_t index, uint64_t address)
{
	*xsk_ring_prod__fill_addr(&rings->fill, index) = address;
}

SP_HOT void sp_fill_submit(struct sp_rings *rings, uint32_t count)
{
	xsk_ring_prod__submit(&rings->fill, count);
}

SP_HOT bool sp_fill_needs_wakeup(const struct sp_rings *rings)
{
	return xsk_ring_prod__needs_wakeup(&rings->fill) != 0;
}

/* One place, or none (false). */
SP_HOT bool sp_transmit_reserve(struct sp_rings *rings, uint32_t *index)
{
	return xsk_ring_prod__reserve(&rings->transmit, 1, index) == 1;
}

SP_HOT void sp_transmit_put(struct sp_rings *rings, uint32_t index, uint64_t address, uint32_t length)
{
	*xsk_ring_prod__tx_desc(&rings->transmit, index) = (struct xdp_desc){ .addr = address, .len = length };
}

SP_HOT void sp_transmit_submit(struct sp_rings *rings, uint32_t count)
{
	xsk_ring_prod__submit(&rings->transmit, count);
}

SP_HOT bool sp_transmit_needs_wakeup(const struct sp_rings *rings)
{
	return xsk_ring_prod__needs_wakeup(&rings->transmit) != 0;
}

/* Submitted descriptors that the kernel has not taken yet. */
SP_HOT uint32_t sp_transmit_pending(const struct sp_rings *rings)
{
	return *rings->transmit.producer - __atomic_load_n(rings->transmit.consumer, __ATOMIC_ACQUIRE);
}

/* Sent frames, as sp_receive_peek. */
SP_HOT uint32_t sp_completion_peek(struct sp_rings *rings, uint32_t most, uint32_t *first)
{
	return xsk_ring_cons__peek(&rings->completion, most, first);
}

SP_HOT uint64_t sp_completion_at(const struct sp_rings *rings, uint32_t index)
{
	return *xsk_ring_cons__comp_addr(&rings->completion, index);
}

SP_HOT void sp_completion_release(struct sp_rings *rings, uint32_t count)
{
	xsk_ring_cons__release(&rings->completion, count);
}

/* Has the kernel look at the transmit ring. In copy mode this sends the packets, at most 32 of them. */
SP_HOT int sp_kick_transmit(int socket)
{
	return sendto(socket, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0 ? -errno : 0;
}

/* Has the driver look at the fill ring. */
SP_HOT int sp_kick_fill(int socket)
{
	return recvfrom(socket, NULL, 0, MSG_DONTWAIT, NULL, NULL) < 0 ? -errno : 0;
}

/* Descriptors that are ready; 0 after `milliseconds` (-1: no limit) or a signal. */
SP_HOT int sp_poll(struct pollfd *descriptors, uint32_t count, int milliseconds)
{
	int ready = poll(descriptors, count, milliseconds);

	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	return ready;
}

/* Lets another thread run that waits for this processor, if one does. */
SP_HOT void sp_yield(void)
{
	sched_yield();
}

/* AF_XDP sockets */

/* Makes `area` the UMEM of the sockets to come. `rings` are those of the first socket that is opened on it. */
int sp_memory_register(struct xsk_umem *_Nullable *_Nonnull memory, void *area, uint64_t size, uint32_t frame_size,
		       uint32_t ring_size, struct sp_rings *rings);

/* Binds a socket to a queue. `flags` (XDP_COPY or XDP_ZEROCOPY) count for the first socket; the others inherit. */
int sp_socket_open(struct xsk_socket *_Nullable *_Nonnull socket, const char *interface, uint32_t queue,
		   struct xsk_umem *memory, uint32_t ring_size, uint16_t flags, struct sp_rings *rings);

/* 1: zero-copy, 0: copy. */
int sp_socket_is_zero_copy(int socket);

/* Has the kernel poll the socket's queue on behalf of receive and transmit calls (SO_PREFER_BUSY_POLL). */
int sp_socket_poll_busily(int socket, int microseconds, int budget);

/* Why the socket has stopped, as a positive errno value, told once; 0: it works. */
int sp_socket_error(int socket);

int sp_socket_statistics(int socket, struct xdp_statistics *statistics);

/* Memory */

/* Pages present from the start, huge ones where there are any: zeroed, or of a file that is long enough (descriptor, else
 * -1), to be shared. Null where there are none, and errno; ENOSPC says that the file system is full. */
void *_Nullable sp_memory_map(uint64_t size, int descriptor);

void sp_memory_unmap(void *area, uint64_t size);

/* Bytes */

SP_HOT void sp_prefetch(const void *address)
{
	__builtin_prefetch(address);
}

/* 16 octets of text, the first in the lowest element. */
typedef uint8_t sp_octets __attribute__((vector_size(16)));

/* The top bit of every octet as a number, that of the first octet lowest. */
SP_HOT uint32_t sp_top_bits(sp_octets octets)
{
#ifdef __SSE2__
	return (uint32_t)_mm_movemask_epi8((__m128i)octets);
#else
	uint32_t bits = 0;

	for (int i = 0; i < 16; i++)
		bits |= (uint32_t)(octets[i] >> 7) << i;
	return bits;
#endif
}

/* Which octets are `octet`: a bit for each, the first lowest. */
SP_HOT uint32_t sp_equal(sp_octets octets, uint8_t octet)
{
	return sp_top_bits((sp_octets)(octets == octet));
}

/* Which octets are CR or LF. */
SP_HOT uint32_t sp_line_ends(sp_octets octets)
{
	return sp_top_bits((sp_octets)((octets == '\r') | (octets == '\n')));
}

/* Which octets are `one`, `other`, a space or a control character below it. */
SP_HOT uint32_t sp_delimiters(sp_octets octets, uint8_t one, uint8_t other)
{
	return sp_top_bits((sp_octets)((octets == one) | (octets == other) | (octets <= ' ')));
}

/* Which octets are no decimal digit. */
SP_HOT uint32_t sp_no_digit(sp_octets octets)
{
	return sp_top_bits((sp_octets)(octets - '0' > 9));
}

/* Which octets are in no name or address of a host: no letter, digit, hyphen, dot, or underscore. */
SP_HOT uint32_t sp_no_host(sp_octets octets)
{
	return sp_top_bits((sp_octets)(((octets | ' ') - 'a' > 25) & (octets - '0' > 9) & (octets != '-') &
				       (octets != '.') & (octets != '_')));
}

/* Words that other threads, or the kernel, change too. All are ordered as if there were one thread. */

SP_HOT uint32_t sp_atomic_add(uint32_t *word, uint32_t difference)
{
	return __atomic_add_fetch(word, difference, __ATOMIC_SEQ_CST);
}

SP_HOT void sp_atomic_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

/* Replaces `expected`, and nothing else; what was there. */
SP_HOT uint64_t sp_atomic_swap(uint64_t *word, uint64_t expected, uint64_t value)
{
	__atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return expected;
}

/* Time and chance */

/* Monotonic time in nanoseconds; about 20 ns. */
SP_HOT uint64_t sp_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Numbers that nobody can guess, fetched from the kernel and not yet drawn. At first all 0. */
struct sp_random {
	uint32_t left;
	uint64_t numbers[32];
};

/* 64 bits that nobody can guess, and that are drawn once. A system call for every 32 of them, which costs some 300 ns. */
SP_HOT uint64_t sp_random_draw(struct sp_random *random)
{
	uint64_t number;

	if (!random->left) {
		/* Up to 256 bytes come whole and uninterrupted, once the pool is ready (getrandom(2)). */
		while (getrandom(random->numbers, sizeof(random->numbers), 0) != sizeof(random->numbers))
			;
		random->left = 32;
	}
	number = random->numbers[--random->left];
	random->numbers[random->left] = 0;
	return number;
}

/* 64 bits that nobody can guess: for what is once in a while. */
static inline uint64_t sp_random64(void)
{
	struct sp_random random = { 0 };

	return sp_random_draw(&random);
}

/* Events: a descriptor that another thread makes readable. -1 on failure. */

static inline int sp_event_open(void)
{
	return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

SP_HOT void sp_event_signal(int event)
{
	eventfd_write(event, 1);
}

static inline void sp_event_clear(int event)
{
	eventfd_t count;

	eventfd_read(event, &count);
}

/* Packet sockets, to listen beside the kernel (packet(7)). */

/* A socket that sees every frame of an interface, both ways; -errno on failure. */
int sp_packet_socket(uint32_t interface);

/* Takes a frame, without blocking; whether the router itself sent it. -errno when there is none. */
int64_t sp_packet_receive(int socket, void *bytes, uint64_t room, bool *is_outgoing);

/* Threads */

typedef void *_Nullable (*sp_thread_body)(void *argument);

/* Starts a thread on one processor (-1: any) with all signals blocked; its name shows in ps -L, 15 bytes at most. */
int sp_thread_spawn(sp_thread_body body, void *argument, int processor, const char *name, uint64_t *thread);

int sp_thread_join(uint64_t thread);

/* The processors that this process may run on, ascending, `most` at most; how many, or -errno. */
int sp_processors(int *numbers, int most);

/* Moves the calling thread into a network namespace, given by an open descriptor of it (setns(2)). */
int sp_enter_network_namespace(int descriptor);

#pragma clang assume_nonnull end

/* netlink: the kernel's tables, for Sources/Routing. Slow path only. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#pragma clang assume_nonnull begin

/* One ethtool command about an interface, through any socket of its namespace; 0, or an errno. Here and not in Swift
 * because ioctl is variadic and struct ifreq a union. */
static inline int netlink_ethtool(int socket, const char *_Nonnull interface, void *_Nonnull command)
{
	struct ifreq request = { .ifr_data = (char *)command };

	if (strlen(interface) >= sizeof(request.ifr_name))
		return ENODEV;
	strcpy(request.ifr_name, interface);
	return ioctl(socket, SIOCETHTOOL, &request) < 0 ? errno : 0;
}

#pragma clang assume_nonnull end

/* BPF maps. Loading and attaching are libbpf's own functions. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#pragma clang assume_nonnull begin

/* One entry of a map; 0 or a negative errno. System calls of about a microsecond that wait for nobody. */
SP_HOT int sp_map_lookup(int map, const void *key, void *value)
{
	return bpf_map_lookup_elem(map, key, value);
}

SP_HOT int sp_map_update(int map, const void *key, const void *value, uint64_t flags)
{
	return bpf_map_update_elem(map, key, value, flags);
}

SP_HOT int sp_map_delete(int map, const void *key)
{
	return bpf_map_delete_elem(map, key);
}

/* Several entries, one after the other until one fails; how many were changed. */
SP_HOT uint32_t sp_map_update_batch(int map, const void *keys, const void *values, uint32_t count)
{
	uint32_t done = count;

	/* What fails before the first entry leaves the number as it was. */
	if (bpf_map_update_batch(map, keys, values, &done, NULL) != 0 && done == count)
		return 0;
	return done;
}

SP_HOT uint32_t sp_map_delete_batch(int map, const void *keys, uint32_t count)
{
	uint32_t done = count;

	if (bpf_map_delete_batch(map, keys, &done, NULL) != 0 && done == count)
		return 0;
	return done;
}

#pragma clang assume_nonnull end

#endif
