/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both forwarders feed their sockets with, so that they differ in nothing but themselves: an XDP program that
 * gives each packet to the socket of its queue, or passes it.
 */
#ifndef REDIRECT_H
#define REDIRECT_H

#pragma clang assume_nonnull begin

/* Attaches the program to an interface in native mode, for as long as this process lives. A descriptor of the map from
 * queue to socket, or -errno. */
int redirect_attach(const char *interface, int queues);

/* From now on packets of the queue go to the socket. 0 or -errno. */
int redirect_feed(int map, int queue, int socket);

#pragma clang assume_nonnull end

#endif
