// enable: turns keepalive on, and looks whether it is.
//
//     env enable    shows it on an IPv4 and on an IPv6 socket
//
// (env, because enable alone is a builtin of bash.)
// Exit status: 0 on, 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const char usage[] = "usage: enable";

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
    int on = 1; // <1>
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
    int value = 0;
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
    begin_output();
    int letter = getopt_long(argc, argv, "", options, NULL);
    if (letter == 'h') {
        printf("%s\n", usage);
        return end_output(0);
    }
    if (letter != -1)
        errx(2, "%s", usage);
    if (optind != argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
    int v4 = story(AF_INET, "IPv4");
    int v6 = story(AF_INET6, "IPv6");
    return end_output(v4 == -1 || v6 == -1);
}
