// activate: a server that systemd starts when its first client comes
// (socket activation). It finds its listening socket as descriptor 3.
//
//     systemd-socket-activate --listen 7000 activate --clients 2
//
// Sets keepalive on that socket, with --each also on each client's own,
// and says which clients have it. Exit status: 0 so many clients came,
// 1 a call failed, no client came, or no socket was handed over, 2
// wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// What the options want: seconds, probes, clients.
enum { IDLE, INTERVAL, COUNT, CLIENTS, LIMIT, SETTINGS };
static int want[SETTINGS] = {[IDLE] = 60,
                             [INTERVAL] = 10,
                             [COUNT] = 6,
                             [CLIENTS] = 1,
                             [LIMIT] = 300};
static int each; // set them on each client's socket as well

static const char usage[] = "usage: activate [OPTION...]";

static void help(void)
{
    printf(
        "%s\n"
        "  --idle S      idle time, %d\n"
        "  --interval S  interval, %d\n"
        "  --count N     unanswered probes, %d\n"
        "  --clients N   how many to take, then end, %d\n"
        "  --limit S     how long to wait for each client, %d\n"
        "  --each        set keepalive on each client's socket too\n",
        usage, want[IDLE], want[INTERVAL], want[COUNT], want[CLIENTS],
        want[LIMIT]);
}

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

// Sets one option that is an int. Returns -1 after a message.
static int set_option(int fd, int level, int option, const char *name,
                      int value)
{
    if (setsockopt(fd, level, option, &value, sizeof value) == -1) {
        warn("setsockopt %s %d", name, value);
        return -1;
    }
    return 0;
}

static int tune(int fd)
{
    if (set_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1) ==
            -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                   want[IDLE]) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
                   want[INTERVAL]) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                   want[COUNT]) == -1)
        return -1;
    return 0;
}

// tag::handed[]
// The socket that systemd has made: descriptor 3, if the environment
// says that there is one and that it is for this process.
static int handed_over(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    int listening = 0;
    if (pid == NULL || count == NULL ||
        number("LISTEN_PID", pid, 1, INT_MAX) != getpid()) // <1>
        errx(1, "no socket was handed over: start it with "
                "systemd-socket-activate");
    if (number("LISTEN_FDS", count, 0, INT_MAX) != 1)
        errx(1, "LISTEN_FDS '%s': one socket is wanted", count);
    if (read_option(3, SOL_SOCKET, SO_ACCEPTCONN, "SO_ACCEPTCONN",
                    &listening) == -1)
        exit(1);
    if (!listening) // <2>
        errx(1, "descriptor 3 does not listen");
    return 3;
}
// end::handed[]

// tag::client[]
// Takes one client, and says whether its socket has keepalive.
static int client(int listener, int which)
{
    int on = 0;
    int idle = 0;
    struct pollfd coming = {.fd = listener, .events = POLLIN};
    int ready = poll(&coming, 1, want[LIMIT] * 1000);
    if (ready == 0)
        errx(1, "client %d: none came within %d s", which, want[LIMIT]);
    int fd =
        ready == -1 ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd == -1) {
        warn(ready == -1 ? "poll" : "accept4");
        return -1;
    }
    int done = each ? tune(fd) : 0; // <1>
    if (done == -1 ||
        read_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                    &on) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                    &idle) == -1)
        done = -1;
    else
        printf("client %d: keepalive %s, idle time %d s\n", which,
               on ? "on" : "off", idle);
    if (close(fd) == -1) {
        warn("close");
        done = -1;
    }
    return done;
}
// end::client[]

// Fills want[]; refuses bad words.
static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"clients", required_argument, NULL, CLIENTS},
        {"limit", required_argument, NULL, LIMIT},
        {"each", no_argument, NULL, 'e'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int most[] = {32767, 32767, 127, INT_MAX, 1000000};
    int option = 0;
    int index = 0;
    while ((option = getopt_long(argc, argv, "", options, &index)) !=
           -1) {
        if (option == 'h') {
            help();
            exit(end_output(0));
        }
        if (option == '?')
            errx(2, "%s", usage);
        if (option == 'e')
            each = 1;
        else
            want[option] =
                number(options[index].name, optarg, 1, most[option]);
    }
    if (optind < argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
}

int main(int argc, char **argv)
{
    begin_output();
    parse(argc, argv);
    int listener = handed_over();
    if (tune(listener) == -1)
        return 1;
    for (int i = 1; i <= want[CLIENTS]; i++)
        if (client(listener, i) == -1)
            return 1;
    return end_output(0);
}
