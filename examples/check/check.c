// check: is keepalive on for a socket, and which values would it use?
//
//     check           asks a new TCP socket
//     check --fd N    asks the socket inherited as descriptor N
//
// It only reads. Exit status: 0 answered, 1 not a TCP socket or a
// failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void usage(FILE *to)
{
    fprintf(to, "usage: check [--fd N]\n");
}

// tag::number[]
// Turns an option's argument into a whole number from min to max.
// Anything else is refused by name, with exit status 2.
static int number(const char *option, const char *text, int min,
                  int max)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < min ||
        value > max)
        errx(2, "--%s '%s': not a whole number from %d to %d", option,
             text, min, max);
    return (int)value;
}
// end::number[]

// tag::refuse[]
// Keepalive belongs to TCP. Other sockets may accept the option and
// then do nothing, so say plainly what the descriptor is.
static int is_tcp(int fd)
{
    int family = 0;
    int protocol = 0;
    socklen_t size = sizeof(int);
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == -1 ||
        getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) ==
            -1) {
        warn("getsockopt on descriptor %d", fd);
        return 0;
    }
    if (protocol == IPPROTO_TCP)
        return 1;
    const char *kind = "a socket of another kind";
    if (family == AF_UNIX)
        kind = "a Unix socket";
    else if (protocol == IPPROTO_UDP)
        kind = "a UDP socket";
    else if (protocol == IPPROTO_MPTCP)
        kind = "an MPTCP socket";
    warnx("descriptor %d: %s, not a TCP socket", fd, kind);
    return 0;
}
// end::refuse[]

// tag::read[]
// Reads one option that is an int. Returns -1 after a message.
static int read_option(int fd, int level, int option, const char *name,
                       int *value)
{
    socklen_t size = sizeof *value;
    if (getsockopt(fd, level, option, value, &size) == -1) {
        warn("getsockopt %s", name);
        return -1;
    }
    return 0;
}
// end::read[]

// tag::show[]
static int show(int fd)
{
    int on, idle, interval, count;
    if (read_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                    &on) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                    &idle) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
                    &interval) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                    &count) == -1)
        return -1;
    printf("SO_KEEPALIVE   %s\n", on != 0 ? "on" : "off"); // <1>
    printf("TCP_KEEPIDLE   %d s\n", idle);
    printf("TCP_KEEPINTVL  %d s\n", interval);
    printf("TCP_KEEPCNT    %d probes\n", count);
    return 0;
}
// end::show[]

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"fd", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int fd = -1;
    int letter;
    setvbuf(stdout, NULL, _IOLBF, 0);
    while ((letter = getopt_long(argc, argv, "", options, NULL)) !=
           -1) {
        switch (letter) {
        case 'f':
            fd = number("fd", optarg, 0, INT_MAX);
            break;
        case 'h':
            usage(stdout);
            return 0;
        default:
            usage(stderr);
            return 2;
        }
    }
    if (optind != argc) {
        usage(stderr);
        return 2;
    }

    // tag::main[]
    int inherited = fd != -1;
    if (!inherited) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1)
            err(1, "socket");
    } else if (!is_tcp(fd)) {
        return 1;
    }
    int failed = show(fd) == -1;
    if (!inherited && close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return failed;
    // end::main[]
}
