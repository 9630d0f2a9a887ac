// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0
//
// Echoes UDP as fast as plain sockets do: a batch of datagrams per system call, both ways. It is what vlink is compared
// with in a guest, so it is written to be quick: one connected socket (no route look-up per packet), generous buffers.
//
//   gcc -std=c11 -Wall -Wextra -Werror -O2 -static -o udp_echo udp_echo.c
//   udp_echo PORT PEER-ADDRESS PEER-PORT
//
// Prints "udp_echo ready" and runs until it is killed. Exit: 1 the system failed, 2 wrong usage.
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH = 64, DATAGRAM_BYTES = 2048, BUFFER_BYTES = 8 << 20 };

static void fail(const char *call)
{
    fprintf(stderr, "udp_echo: %s failed: %s\n", call, strerror(errno));
    exit(1);
}

static struct sockaddr_in address(in_addr_t host, const char *port)
{
    char *end;
    long number = strtol(port, &end, 10);
    if (number < 1 || number > 65535 || *end != '\0') {
        fprintf(stderr, "udp_echo: port must be 1 to 65535: port=%s\n", port);
        exit(2);
    }
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((in_port_t)number), .sin_addr = {.s_addr = host}};
}

static int open_socket(const struct sockaddr_in *own, const struct sockaddr_in *peer)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fd < 0) {
        fail("socket");
    }
    // A whole window must fit; the "force" variants need root, which the guest's programs are.
    int bytes = BUFFER_BYTES;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
        fail("setsockopt");
    }
    if (bind(fd, (const struct sockaddr *)own, sizeof *own) != 0) {
        fail("bind");
    }
    if (connect(fd, (const struct sockaddr *)peer, sizeof *peer) != 0) {
        fail("connect");
    }
    return fd;
}

static void send_back(int fd, struct mmsghdr *messages, int count)
{
    for (int sent = 0; sent < count;) {
        int more = sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0);
        if (more > 0) {
            sent += more;
        } else if (errno == ENOBUFS || errno == ECONNREFUSED) {
            sent++; // this one is lost, as on any network
        } else if (errno != EINTR) {
            fail("sendmmsg");
        }
    }
}

static void echo(int fd)
{
    static char data[BATCH][DATAGRAM_BYTES];
    static struct iovec parts[BATCH];
    static struct mmsghdr messages[BATCH];
    for (int i = 0; i < BATCH; i++) {
        parts[i].iov_base = data[i];
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    while (1) {
        for (int i = 0; i < BATCH; i++) {
            parts[i].iov_len = DATAGRAM_BYTES;
        }
        int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
        if (count < 0) {
            if (errno == EINTR || errno == ECONNREFUSED) {
                continue;
            }
            fail("recvmmsg");
        }
        for (int i = 0; i < count; i++) {
            parts[i].iov_len = messages[i].msg_len;
        }
        send_back(fd, messages, count);
    }
}

int main(int count, char **arguments)
{
    struct in_addr peer_host;
    if (count != 4 || inet_aton(arguments[2], &peer_host) == 0) {
        fprintf(stderr, "udp_echo: usage: udp_echo PORT PEER-ADDRESS PEER-PORT\n");
        return 2;
    }
    struct sockaddr_in own = address(htonl(INADDR_ANY), arguments[1]);
    struct sockaddr_in peer = address(peer_host.s_addr, arguments[3]);
    int fd = open_socket(&own, &peer);
    puts("udp_echo ready");
    fflush(stdout);
    echo(fd);
}
