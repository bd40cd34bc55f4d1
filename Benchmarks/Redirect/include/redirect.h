/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both forwarders feed their sockets with, so that they differ in nothing but themselves: an XDP program that
 * gives each packet of an interface's only queue to a socket, or passes it while there is none.
 */
#ifndef REDIRECT_H
#define REDIRECT_H

#pragma clang assume_nonnull begin

/* Attaches the program to an interface in native mode, for as long as this process lives. A descriptor of the map that
 * has its socket, or -errno. */
int redirect_attach(const char *interface);

/* From now on packets go to the socket. 0 or -errno. */
int redirect_feed(int map, int socket);

#pragma clang assume_nonnull end

#endif
