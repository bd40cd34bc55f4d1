/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of CXDP.h that run at set-up only. */
#define _GNU_SOURCE
#include "CXDP.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <linux/mman.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>

int sp_memory_register(struct xsk_umem **memory, void *area, uint64_t size, uint32_t frame_size, uint32_t ring_size,
		       struct sp_rings *rings)
{
	struct xsk_umem_config config = {
		.fill_size = ring_size,
		.comp_size = ring_size,
		.frame_size = frame_size,
	};

	return xsk_umem__create(memory, area, size, &rings->fill, &rings->completion, &config);
}

int sp_socket_open(struct xsk_socket **socket, const char *interface, uint32_t queue, struct xsk_umem *memory,
		   uint32_t ring_size, uint16_t flags, struct sp_rings *rings)
{
	struct xsk_socket_config config = {
		.rx_size = ring_size,
		.tx_size = ring_size,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = flags | XDP_USE_NEED_WAKEUP,
	};

	return xsk_socket__create_shared(socket, interface, queue, memory, &rings->receive, &rings->transmit,
					 &rings->fill, &rings->completion, &config);
}

int sp_socket_is_zero_copy(int socket)
{
	struct xdp_options options = { 0 };
	socklen_t size = sizeof(options);

	if (getsockopt(socket, SOL_XDP, XDP_OPTIONS, &options, &size))
		return -errno;
	return (options.flags & XDP_OPTIONS_ZEROCOPY) != 0;
}

/* glibc 2.36 does not have all of them (asm-generic/socket.h). */
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif

int sp_socket_poll_busily(int socket, int microseconds, int budget)
{
	const int on = 1;

	if (setsockopt(socket, SOL_SOCKET, SO_PREFER_BUSY_POLL, &on, sizeof(on)) ||
	    setsockopt(socket, SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof(microseconds)) ||
	    setsockopt(socket, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget)))
		return -errno;
	return 0;
}

int sp_socket_error(int socket)
{
	int error = 0;
	socklen_t size = sizeof(error);

	return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) ? errno : error;
}

int sp_socket_statistics(int socket, struct xdp_statistics *statistics)
{
	socklen_t size = sizeof(*statistics);

	return getsockopt(socket, SOL_XDP, XDP_STATISTICS, statistics, &size) ? -errno : 0;
}

/* A huge page of the pool that is set aside for them (vm.nr_hugepages). */
#define HUGE_PAGE (2ULL << 20)
#define HUGE_PAGES (MAP_HUGETLB | MAP_HUGE_2MB)

static uint64_t whole_huge_pages(uint64_t size)
{
	return (size + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

static void *map_pages(uint64_t size, int flags, int descriptor)
{
	void *area = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);

	if (area == MAP_FAILED)
		return NULL;
	/* The kernel may have no huge pages to offer, or not for this file; small ones serve. */
	if (!(flags & MAP_HUGETLB))
		madvise(area, size, MADV_HUGEPAGE);
	/* Unlike MAP_POPULATE this says when pages are not to be had, instead of a signal when they are used. */
	if (madvise(area, size, MADV_POPULATE_WRITE)) {
		int error = errno == EFAULT ? ENOSPC : errno;

		munmap(area, size);
		errno = error;
		return NULL;
	}
	return area;
}

void *sp_memory_map(uint64_t size, int descriptor)
{
	void *area = NULL;

	if (descriptor >= 0)
		return map_pages(size, MAP_SHARED, descriptor);
	if (size >= HUGE_PAGE)
		area = map_pages(whole_huge_pages(size), MAP_PRIVATE | MAP_ANONYMOUS | HUGE_PAGES, -1);
	return area ? area : map_pages(size, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

void sp_memory_unmap(void *area, uint64_t size)
{
	/* Pages of the pool come off as a whole or not at all. */
	if (munmap(area, size))
		munmap(area, whole_huge_pages(size));
}

static int set_attributes(pthread_attr_t *attributes, int processor)
{
	sigset_t all;
	cpu_set_t processors;
	int error;

	sigfillset(&all);
	error = pthread_attr_setsigmask_np(attributes, &all);
	if (error || processor < 0)
		return error;
	if (processor >= CPU_SETSIZE)
		return EINVAL;
	CPU_ZERO(&processors);
	CPU_SET(processor, &processors);
	return pthread_attr_setaffinity_np(attributes, sizeof(processors), &processors);
}

int sp_thread_spawn(sp_thread_body body, void *argument, int processor, const char *name, uint64_t *thread)
{
	pthread_attr_t attributes;
	pthread_t spawned;
	int error;

	error = pthread_attr_init(&attributes);
	if (error)
		return -error;
	error = set_attributes(&attributes, processor);
	if (!error)
		error = pthread_create(&spawned, &attributes, body, argument);
	pthread_attr_destroy(&attributes);
	if (error)
		return -error;
	pthread_setname_np(spawned, name);
	*thread = spawned;
	return 0;
}

int sp_thread_join(uint64_t thread)
{
	return -pthread_join(thread, NULL);
}

int sp_processors(int *numbers, int most)
{
	cpu_set_t allowed;
	int count = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return -errno;
	for (int processor = 0; processor < CPU_SETSIZE && count < most; processor++)
		if (CPU_ISSET(processor, &allowed))
			numbers[count++] = processor;
	return count;
}

int sp_enter_network_namespace(int descriptor)
{
	return setns(descriptor, CLONE_NEWNET) ? -errno : 0;
}

int sp_packet_socket(uint32_t interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)interface,
	};
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (descriptor < 0)
		return -errno;
	if (bind(descriptor, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int error = -errno;

		close(descriptor);
		return error;
	}
	return descriptor;
}

int64_t sp_packet_receive(int socket, void *bytes, uint64_t room, bool *is_outgoing)
{
	struct sockaddr_ll address;
	socklen_t length = sizeof(address);
	ssize_t count = recvfrom(socket, bytes, room, 0, (struct sockaddr *)&address, &length);

	if (count < 0)
		return -errno;
	*is_outgoing = address.sll_pkttype == PACKET_OUTGOING;
	return count;
}
