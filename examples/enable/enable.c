// enable: turns keepalive on, and looks whether it is.
//
//     enable        shows it on an IPv4 and on an IPv6 socket
//
// Exit status: 0 on, 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void usage(FILE *to)
{
    fprintf(to, "usage: enable\n");
}

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

// tag::enable[]
static int enable_keepalive(int fd)
{
    int on = 1;                                       // <1>
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, // <2>
                   sizeof on) == -1) {
        warn("setsockopt SO_KEEPALIVE"); // <3>
        return -1;
    }
    return 0;
}
// end::enable[]

// tag::story[]
static int show(int fd, const char *family, const char *when)
{
    int value;
    if (read_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                    &value) == -1)
        return -1;
    printf("%s, %s: SO_KEEPALIVE is %d, %s\n", family, when, value,
           value != 0 ? "on" : "off");
    return 0;
}

static int story(int domain, const char *family)
{
    int fd = socket(domain, SOCK_STREAM, 0);
    if (fd == -1) {
        warn("socket %s", family);
        return -1;
    }
    int failed = show(fd, family, "before") == -1 ||
                 enable_keepalive(fd) == -1 ||
                 show(fd, family, "after") == -1; // <1>
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return failed ? -1 : 0;
}
// end::story[]

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    setvbuf(stdout, NULL, _IOLBF, 0);
    int letter = getopt_long(argc, argv, "", options, NULL);
    if (letter == 'h') {
        usage(stdout);
        return 0;
    }
    if (letter != -1 || optind != argc) {
        usage(stderr);
        return 2;
    }
    int v4 = story(AF_INET, "IPv4");
    int v6 = story(AF_INET6, "IPv6");
    return v4 == -1 || v6 == -1;
}
