/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bare AF_XDP forwarder, to measure the gateway's worker against: what AF_XDP can do here when nothing else is done.
 *
 *     forwarder ONE TWO [ONE TWO]...
 *
 * Takes packets from queue 0 of either interface of a pair, swaps their Ethernet addresses, and sends them out of the
 * other. One thread and one UMEM a pair, pinned to processors in turns. The ring size, batch, modes and policies are
 * those of the worker: 2048 entries, 64 packets, native XDP, copy mode, need_wakeup, kicks after each batch until all
 * of it is sent, poll when there is nothing. Says "ready" on standard output, and what it did after SIGTERM.
 */
#define _GNU_SOURCE
#include "redirect.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <xdp/xsk.h>

enum { RING = 2048, BATCH = 64, FRAME = 2048, FRAMES = 3 * 2 * RING + 1024, PAIRS_MAX = 64 };

/* One side of a queue pair. */
struct port {
	struct xsk_socket *socket;
	struct xsk_ring_cons receive;
	struct xsk_ring_prod transmit;
	struct xsk_ring_prod fill;
	struct xsk_ring_cons completion;
	uint32_t in_transmission;
	uint64_t received, transmitted, dropped;
};

/* A pair of interfaces, and the frames that go round between them. */
struct pair {
	struct port ports[2];
	struct xsk_umem *memory;
	unsigned char *area;
	uint32_t free_count;
	uint64_t free[FRAMES];
	pthread_t thread;
};

static volatile sig_atomic_t is_over;

static void end(int signal)
{
	(void)signal;
	is_over = 1;
}

static void check(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "forwarder: %s: %s\n", what, strerror(-result));
	exit(1);
}

static void reclaim(struct pair *pair, struct port *port)
{
	uint32_t slot, count;

	if (!port->in_transmission)
		return;
	count = xsk_ring_cons__peek(&port->completion, RING, &slot);
	for (uint32_t i = 0; i < count; i++)
		pair->free[pair->free_count++] = *xsk_ring_cons__comp_addr(&port->completion, slot++);
	xsk_ring_cons__release(&port->completion, count);
	port->in_transmission -= count;
}

static void refill(struct pair *pair, struct port *port)
{
	uint32_t slot, room = xsk_prod_nb_free(&port->fill, RING);

	if (room > pair->free_count)
		room = pair->free_count;
	if (!room || xsk_ring_prod__reserve(&port->fill, room, &slot) != room)
		return;
	for (uint32_t i = 0; i < room; i++)
		*xsk_ring_prod__fill_addr(&port->fill, slot++) = pair->free[--pair->free_count] & ~(uint64_t)(FRAME - 1);
	xsk_ring_prod__submit(&port->fill, room);
	if (xsk_ring_prod__needs_wakeup(&port->fill))
		recvfrom(xsk_socket__fd(port->socket), NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

static void swap_addresses(unsigned char *packet)
{
	unsigned char target[6];

	memcpy(target, packet, 6);
	memcpy(packet, packet + 6, 6);
	memcpy(packet + 6, target, 6);
}

/* In copy mode a system call sends 32 packets at most. */
static void kick(struct port *port)
{
	uint32_t left = *port->transmit.producer - __atomic_load_n(port->transmit.consumer, __ATOMIC_ACQUIRE);

	while (left && xsk_ring_prod__needs_wakeup(&port->transmit)) {
		uint32_t before = left;

		sendto(xsk_socket__fd(port->socket), NULL, 0, MSG_DONTWAIT, NULL, 0);
		left = *port->transmit.producer - __atomic_load_n(port->transmit.consumer, __ATOMIC_ACQUIRE);
		if (left == before)
			return;
	}
}

static uint32_t forward(struct pair *pair, struct port *from, struct port *to)
{
	uint32_t in, out, count, sent;

	count = xsk_ring_cons__peek(&from->receive, BATCH, &in);
	if (!count)
		return 0;
	sent = xsk_prod_nb_free(&to->transmit, count);
	if (sent > count)
		sent = count;
	sent = xsk_ring_prod__reserve(&to->transmit, sent, &out);
	for (uint32_t i = 0; i < count; i++) {
		struct xdp_desc packet = *xsk_ring_cons__rx_desc(&from->receive, in++);

		if (i >= sent) {
			pair->free[pair->free_count++] = packet.addr;
			continue;
		}
		swap_addresses(pair->area + packet.addr);
		*xsk_ring_prod__tx_desc(&to->transmit, out++) =
			(struct xdp_desc){ .addr = packet.addr, .len = packet.len };
	}
	xsk_ring_cons__release(&from->receive, count);
	xsk_ring_prod__submit(&to->transmit, sent);
	to->in_transmission += sent;
	from->received += count;
	to->transmitted += sent;
	to->dropped += count - sent;
	return count;
}

static void *work(void *argument)
{
	struct pair *pair = argument;
	struct pollfd sockets[2];

	for (int i = 0; i < 2; i++)
		sockets[i] = (struct pollfd){ .fd = xsk_socket__fd(pair->ports[i].socket), .events = POLLIN };
	while (!is_over) {
		uint32_t count = 0;

		for (int i = 0; i < 2; i++)
			reclaim(pair, &pair->ports[i]);
		for (int i = 0; i < 2; i++)
			refill(pair, &pair->ports[i]);
		for (int i = 0; i < 2; i++)
			count += forward(pair, &pair->ports[i], &pair->ports[1 - i]);
		for (int i = 0; i < 2; i++)
			kick(&pair->ports[i]);
		if (!count)
			poll(sockets, 2, 100);
	}
	return NULL;
}

static void open_pair(struct pair *pair, char *const interfaces[2])
{
	const struct xsk_umem_config memory = { .fill_size = RING, .comp_size = RING, .frame_size = FRAME };
	const struct xsk_socket_config socket = {
		.rx_size = RING,
		.tx_size = RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};

	pair->area = mmap(NULL, (size_t)FRAMES * FRAME, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	check(pair->area == MAP_FAILED ? -errno : 0, "memory");
	for (uint32_t i = 0; i < FRAMES; i++)
		pair->free[pair->free_count++] = (uint64_t)i * FRAME;
	check(xsk_umem__create(&pair->memory, pair->area, (uint64_t)FRAMES * FRAME, &pair->ports[0].fill,
			       &pair->ports[0].completion, &memory),
	      "UMEM");
	for (int i = 0; i < 2; i++) {
		struct port *port = &pair->ports[i];
		int map = redirect_attach(interfaces[i]);

		check(map, interfaces[i]);
		check(xsk_socket__create_shared(&port->socket, interfaces[i], 0, pair->memory, &port->receive,
						&port->transmit, &port->fill, &port->completion, &socket),
		      interfaces[i]);
		refill(pair, port);
		check(redirect_feed(map, xsk_socket__fd(port->socket)), "socket map");
	}
}

static void start(struct pair *pair, int number)
{
	cpu_set_t processors;

	check(-pthread_create(&pair->thread, NULL, work, pair), "thread");
	CPU_ZERO(&processors);
	/* The last processor first: the traffic comes from the first. */
	CPU_SET(get_nprocs_conf() - 1 - number % get_nprocs_conf(), &processors);
	check(-pthread_setaffinity_np(pair->thread, sizeof(processors), &processors), "processor");
}

/* What arrived at the sockets, what became of it, and what the kernel had no room for. */
static void report(struct pair *pairs, int count)
{
	uint64_t received = 0, transmitted = 0, dropped = 0, missed = 0;

	for (int number = 0; number < count; number++) {
		for (int i = 0; i < 2; i++) {
			struct port *port = &pairs[number].ports[i];
			struct xdp_statistics statistics = { 0 };
			socklen_t size = sizeof(statistics);

			getsockopt(xsk_socket__fd(port->socket), SOL_XDP, XDP_STATISTICS, &statistics, &size);
			received += port->received;
			transmitted += port->transmitted;
			dropped += port->dropped;
			missed += statistics.rx_dropped + statistics.rx_ring_full;
		}
	}
	printf("received %lu transmitted %lu dropped %lu missed %lu\n", received, transmitted, dropped, missed);
}

int main(int count, char *arguments[])
{
	static struct pair pairs[PAIRS_MAX];
	const struct sigaction action = { .sa_handler = end };
	int all = count / 2;

	if (count < 3 || count % 2 == 0 || all > PAIRS_MAX) {
		fprintf(stderr, "usage: forwarder ONE TWO [ONE TWO]...\n");
		return 64;
	}
	for (int number = 0; number < all; number++)
		open_pair(&pairs[number], arguments + 1 + 2 * number);
	sigaction(SIGTERM, &action, NULL);
	for (int number = 0; number < all; number++)
		start(&pairs[number], number);
	puts("ready");
	fflush(stdout);
	for (int number = 0; number < all; number++)
		pthread_join(pairs[number].thread, NULL);
	report(pairs, all);
	return 0;
}
