// heartbeat: asks a server again and again whether it is well, and
// gives it up when an answer does not come in time.
//
//     heartbeat --every 10 --patience 30 HOST PORT
//
// The server must send back what it gets. Keepalive is on as well, for
// comparison. Exit status: 0 the server was well until the limit, 1 it
// was given up (or no connection, or a failed call), 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What the options want: seconds, and a number of probes.
enum { IDLE, INTERVAL, COUNT, EVERY, PATIENCE, LIMIT, SETTINGS };
static int want[SETTINGS] = {
    [IDLE] = 60,  [INTERVAL] = 10, [COUNT] = 6,
    [EVERY] = 10, [PATIENCE] = 30, [LIMIT] = 300};
static int keepalive = 1;

static const char usage[] = "usage: heartbeat [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S        idle time, %d\n"
           "  --interval S    interval, %d\n"
           "  --count N       unanswered probes, %d\n"
           "  --no-keepalive  leave keepalive off\n"
           "  --every S       from one heartbeat to the next, %d\n"
           "  --patience S    how long to wait for an answer, %d\n"
           "  --limit S       how long to go on, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT], want[EVERY],
           want[PATIENCE], want[LIMIT]);
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

// tag::clock[]
// Seconds on a clock that nobody sets.
static double now(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
        err(1, "clock_gettime");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
// end::clock[]

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

// tag::set[]
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
// end::set[]

// tag::connect[]
// Connects to host and port, each address in turn, for `limit` seconds
// each; `tune` sets the socket's options before. Returns a descriptor,
// or -1 after a message.
static int connect_to(const char *host, const char *port, int limit,
                      int (*tune)(int fd))
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    int failed = getaddrinfo(host, port, &hints, &all);
    if (failed != 0)
        warnx("%s: %s", host, gai_strerror(failed));
    int fd = -1;
    for (struct addrinfo *a = all; a != NULL && fd == -1;
         a = a->ai_next) {
        struct timeval most = {.tv_sec = limit};
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd == -1)
            warn("socket");
        else if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most,
                            sizeof most) == -1)
            warn("setsockopt SO_SNDTIMEO");
        else if (tune(fd) == -1)
            ; // it has said why
        else if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        else if (errno == EINPROGRESS)
            warnx("connect to %s: no answer within %d s", host, limit);
        else
            warn("connect to %s", host);
        if (fd != -1)
            close(fd);
        fd = -1;
    }
    if (all != NULL)
        freeaddrinfo(all);
    return fd;
}
// end::connect[]

// tag::tune[]
static int tune(int fd)
{
    if (set_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                   keepalive) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                   want[IDLE]) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
                   want[INTERVAL]) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                   want[COUNT]) == -1)
        return -1;
    return 0;
}
// end::tune[]

// tag::ready[]
// Waits until fd has one of the events, or the clock says `until`.
// Returns 1, 0 when the time is over, -1 after a message.
static int wait_for(int fd, short events, double until)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        double left = until - now();
        if (left <= 0)
            return 0;
        int ready = poll(&p, 1, (int)(left * 1000) + 1);
        if (ready == 1)
            return 1;
        if (ready == -1 && errno != EINTR) {
            warn("poll");
            return -1;
        }
    }
}
// end::ready[]

// Prints what the kernel holds, not what we asked for.
static int show(int fd, const char *host)
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
    printf("connected to %s, keepalive %s", host, on ? "on" : "off");
    if (on)
        printf(": %d s, %d s, %d", idle, interval, count);
    printf("\n");
    return 0;
}

// tag::said[]
// Prints what TCP itself knows of a peer that does not answer. Returns
// -1: that peer is given up.
static int tcp_says(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int unacknowledged = 0;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    if (ioctl(fd, SIOCOUTQ, &unacknowledged) == -1) {
        warn("ioctl SIOCOUTQ");
        return -1;
    }
    printf("TCP says: %s, bytes unacknowledged: %d\n",
           info.tcpi_state == TCP_ESTABLISHED ? "connected"
                                              : "not connected",
           unacknowledged);
    return -1;
}
// end::said[]

// tag::hear[]
// Reads what has come. Returns how much, or -1 after saying that the
// connection is at its end.
static int hear(int fd)
{
    char bytes[64];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got > 0)
        return (int)got;
    if (got == 0)
        printf("closed by the peer\n");
    else
        printf("recv() failed: %s\n", strerrorname_np(errno));
    return -1;
}
// end::hear[]

// tag::beat[]
// Returns 0 if the server was well until the limit, -1 after a message.
static int beat(int fd)
{
    static const char line[] = "are you well?\n";
    double start = now();
    double sent = start; // the last heartbeat
    int missing = 0; // of its answer
    for (;;) {
        double end = start + want[LIMIT];
        double until = sent + want[missing > 0 ? PATIENCE : EVERY];
        if (missing == 0 && until > end)
            until = end;
        int ready = wait_for(fd, POLLIN, until); // <1>
        int got = ready == 1 ? hear(fd) : 0;
        if (ready == -1 || got == -1)
            return -1;
        if (got > 0) { // <2>
            if (missing > 0 && now() > sent + want[EVERY])
                printf("an answer took more than %d s\n", want[EVERY]);
            missing = got < missing ? missing - got : 0;
        } else if (missing > 0) { // <3>
            printf("given up after %.1f s, predicted %d s\n",
                   now() - sent, want[PATIENCE]);
            return tcp_says(fd);
        } else if (until == end) {
            printf("well after %.1f s, predicted %d s\n", now() - start,
                   want[LIMIT]);
            return 0;
        } else { // <4>
            sent = now();
            missing = (int)strlen(line);
            if (send(fd, line, strlen(line), MSG_NOSIGNAL) == -1) {
                warn("send");
                return -1;
            }
        }
    }
}
// end::beat[]

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"every", required_argument, NULL, EVERY},
        {"patience", required_argument, NULL, PATIENCE},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 1, 1, 1};
    static const int most[] = {32767,   32767,   127,
                               1000000, 1000000, 1000000};
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
        if (option == 'n')
            keepalive = 0;
        else
            want[option] = number(options[index].name, optarg,
                                  least[option], most[option]);
    }
    if (argc - optind > 2)
        errx(2, "unexpected '%s'\n%s", argv[optind + 2], usage);
    if (argc - optind < 2)
        errx(2, "%s", usage);
    number("PORT", argv[optind + 1], 1, 65535);
}

int main(int argc, char **argv)
{
    begin_output();
    parse(argc, argv);
    const char *host = argv[optind];
    int fd = connect_to(host, argv[optind + 1], want[LIMIT], tune);
    if (fd == -1)
        return 1;
    int failed = show(fd, host) == -1 || beat(fd) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
