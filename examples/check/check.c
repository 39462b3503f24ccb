// check: is keepalive on for a socket, and which values would it use?
//
//     check           asks a new TCP socket
//     check --fd N    asks the socket inherited as descriptor N
//
// It only reads. Exit status: 0 answered, 1 not a TCP socket or a
// failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] = "usage: check [--fd N]";

// tag::output[]
// The standard descriptors must be open, or a socket would take their
// place; each line leaves at once, also into a pipe.
static void begin_output(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            err(1, "standard descriptor %d", fd);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

// Output that could not be written is a failure as well.
static int end_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    warnx("standard output: cannot write");
    return 1;
}
// end::output[]

// tag::number[]
// Turns a text into a whole number from min to max. Anything else is
// refused by name, with exit status 2.
static int number(const char *name, const char *text, int min, int max)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[text[0] == '-']) || *end != '\0' ||
        errno != 0 || value < min || value > max)
        errx(2, "%s '%s': not a whole number from %d to %d", name, text,
             min, max);
    return (int)value;
}
// end::number[]

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

// tag::refuse[]
// Keepalive belongs to TCP. Other sockets may accept the option and
// then do nothing, so say plainly what the descriptor is.
static int require_tcp(int fd)
{
    int family = 0;
    int type = 0;
    int protocol = 0;
    if (read_option(fd, SOL_SOCKET, SO_DOMAIN, "SO_DOMAIN", &family) ==
            -1 ||
        read_option(fd, SOL_SOCKET, SO_TYPE, "SO_TYPE", &type) == -1 ||
        read_option(fd, SOL_SOCKET, SO_PROTOCOL, "SO_PROTOCOL",
                    &protocol) == -1) {
        warnx("descriptor %d cannot be asked", fd);
        return -1;
    }
    int internet = family == AF_INET || family == AF_INET6;
    if (internet && type == SOCK_STREAM && protocol == IPPROTO_TCP)
        return 0;
    const char *kind = "a socket of another kind";
    if (family == AF_UNIX)
        kind = "a Unix socket";
    else if (internet && type == SOCK_DGRAM)
        kind = "a UDP socket";
    else if (internet && protocol == IPPROTO_MPTCP)
        kind = "an MPTCP socket";
    warnx("descriptor %d: %s, not a TCP socket", fd, kind);
    return -1;
}
// end::refuse[]

// tag::show[]
static int show(int fd)
{
    int on = 0;
    int idle = 0;
    int interval = 0;
    int count = 0;
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
    int letter = 0;
    begin_output();
    while ((letter = getopt_long(argc, argv, "", options, NULL)) !=
           -1) {
        switch (letter) {
        case 'f':
            fd = number("--fd", optarg, 0, INT_MAX);
            break;
        case 'h':
            printf("%s\n", usage);
            return end_output(0);
        default:
            errx(2, "%s", usage);
        }
    }
    if (optind != argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);

    // tag::main[]
    int inherited = fd != -1;
    if (!inherited) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd == -1)
            err(1, "socket");
    } else if (require_tcp(fd) == -1) {
        return 1;
    }
    int failed = show(fd) == -1;
    if (!inherited && close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
    // end::main[]
}
