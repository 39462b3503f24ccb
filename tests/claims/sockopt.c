// sockopt: sets one integer option on a new socket and reads it back.
//
//     sockopt tcp|tcp6|udp SO_KEEPALIVE|TCP_KEEPIDLE [VALUE]
//
// Prints "reads N", or the name of the error; without VALUE it only
// reads. Exit status: 0 said, 1 no socket, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    if (argc != 3 && argc != 4)
        errx(2, "usage: sockopt tcp|tcp6|udp OPTION [VALUE]");
    int udp = strcmp(argv[1], "udp") == 0;
    int tcp6 = strcmp(argv[1], "tcp6") == 0;
    int fd = socket(tcp6 ? AF_INET6 : AF_INET,
                    udp ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    int idle = strcmp(argv[2], "TCP_KEEPIDLE") == 0;
    int level = idle ? IPPROTO_TCP : SOL_SOCKET;
    int option = idle ? TCP_KEEPIDLE : SO_KEEPALIVE;
    int value = argc == 4 ? atoi(argv[3]) : 0;
    socklen_t size = sizeof value;
    if ((argc == 4 &&
         setsockopt(fd, level, option, &value, size) == -1) ||
        getsockopt(fd, level, option, &value, &size) == -1)
        printf("%s\n", strerrorname_np(errno));
    else
        printf("reads %d\n", value);
    return 0;
}
