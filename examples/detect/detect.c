// detect: connects, waits, and reports how the connection ended: the
// error by name, and after how many seconds of silence.
//
//     detect --idle 60 --interval 10 --count 6 HOST PORT
//
// It sends nothing: only keepalive can notice that the peer is gone.
// Exit status: 0 the end was seen, 1 it was not (the limit passed, no
// connection, a failed call), 2 wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What the options set: seconds, probes, milliseconds (0: none).
enum { IDLE, INTERVAL, COUNT, USER_TIMEOUT, LIMIT, SETTINGS };
static int s[SETTINGS] = {60, 10, 6, 0, 300};
static int keepalive = 1;

static void usage(FILE *to)
{
    fprintf(to,
            "usage: detect [OPTION...] HOST PORT\n"
            "  --idle S           idle time, %d\n"
            "  --interval S       interval, %d\n"
            "  --count N          unanswered probes, %d\n"
            "  --user-timeout MS  TCP_USER_TIMEOUT, %d: none\n"
            "  --no-keepalive     leave keepalive off\n"
            "  --limit S          how long to watch, %d\n",
            s[IDLE], s[INTERVAL], s[COUNT], s[USER_TIMEOUT], s[LIMIT]);
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

// tag::arithmetic[]
// How many seconds after its last word a dead peer is given up, when
// the first probe leaves after `first` seconds. One interval passes
// for each probe; with a user timeout (in ms) that does not count
// probes, as many intervals as it takes to reach it, at least one.
static long detection_time(int first, int interval, int count,
                           int user_timeout)
{
    long unanswered = count;
    if (user_timeout > 0) {
        long missing = user_timeout - first * 1000L;
        long step = interval * 1000L;
        unanswered = missing > step ? (missing + step - 1) / step : 1;
    }
    return first + unanswered * interval;
}
// end::arithmetic[]

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

// tag::tune[]
static int set(int fd, int level, int option, const char *name,
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
    return set(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
               keepalive) == -1 ||
           set(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
               s[IDLE]) == -1 ||
           set(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
               s[INTERVAL]) == -1 ||
           set(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", s[COUNT]) ==
               -1 ||
           set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
               s[USER_TIMEOUT]) == -1;
}
// end::tune[]

// Connects to one address. Returns a descriptor, or -1 after a
// message.
static int connect_to(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM, 0);
    if (fd == -1) {
        warn("socket");
        return -1;
    }
    // On Linux this limits connect() too; it then says EINPROGRESS.
    struct timeval limit = {.tv_sec = s[LIMIT]};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) ==
        -1)
        warn("setsockopt SO_SNDTIMEO %d", s[LIMIT]);
    else if (tune(fd) == 0) {
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            return fd;
        if (errno == EINPROGRESS)
            warnx("connect: no answer within %d s", s[LIMIT]);
        else
            warn("connect");
    }
    close(fd);
    return -1;
}

// tag::silence[]
// How long the peer has not been heard, in seconds: the kernel keeps
// the age of the last data and of the last acknowledgement.
static double silence(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    unsigned data = info.tcpi_last_data_recv;
    unsigned ack = info.tcpi_last_ack_recv;
    return (data < ack ? data : ack) / 1000.0;
}
// end::silence[]

// tag::report[]
static int report(int fd, int error, double lived)
{
    double quiet = silence(fd);
    if (quiet < 0)
        return -1;
    // Was the peer heard after the handshake? Then it has answered
    // probes, and the next one was an interval away at least.
    int first = s[IDLE];
    if (lived - quiet > 0.5 && s[INTERVAL] > first)
        first = s[INTERVAL];

    if (error == 0)
        printf("closed by the peer after %.1f s, predicted 0 s\n",
               quiet);
    else if (error == ETIMEDOUT)
        printf("timed out after %.1f s, predicted %ld s: ETIMEDOUT\n",
               quiet,
               detection_time(first, s[INTERVAL], s[COUNT],
                              s[USER_TIMEOUT]));
    else if (error == ECONNRESET && quiet >= first)
        printf("reset after %.1f s, predicted %d s: ECONNRESET\n",
               quiet, first);
    else if (error == ECONNRESET)
        printf("reset after %.1f s, before any probe: ECONNRESET\n",
               quiet);
    else {
        warnx("recv: %s after %.1f s", strerrorname_np(error), quiet);
        return -1;
    }
    return 0;
}
// end::report[]

// tag::watch[]
static int watch(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    double start = now();
    double left = s[LIMIT];
    for (;;) {
        int ready = poll(&p, 1, (int)(left * 1000) + 1); // <1>
        if (ready == -1) {
            warn("poll");
            return -1;
        }
        double lived = now() - start;
        if (ready == 1) {
            char bytes[4096];
            ssize_t got = recv(fd, bytes, sizeof bytes, 0); // <2>
            if (got <= 0)                                   // <3>
                return report(fd, got == 0 ? 0 : errno, lived);
        }
        left = s[LIMIT] - lived;
        if (left <= 0) { // <4>
            printf("still connected after %.1f s, predicted %d s\n",
                   lived, s[LIMIT]);
            return -1;
        }
    }
}
// end::watch[]

static int parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, &keepalive, 0},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 0, 1};
    static const int most[] = {32767, 32767, 127, INT_MAX, 1000000};
    int letter, which;
    while ((letter = getopt_long(argc, argv, "", options, &which)) !=
           -1) {
        if (letter == 'h') {
            usage(stdout);
            exit(0);
        }
        if (letter == '?')
            return -1;
        if (optarg != NULL)
            s[letter] = number(options[which].name, optarg,
                               least[letter], most[letter]);
    }
    return argc - optind == 2 ? 0 : -1;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (parse(argc, argv) == -1) {
        usage(stderr);
        return 2;
    }
    const char *host = argv[optind];
    const char *port = argv[optind + 1];

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all;
    int failed = getaddrinfo(host, port, &hints, &all);
    if (failed != 0)
        errx(1, "%s port %s: %s", host, port, gai_strerror(failed));
    int fd = -1;
    for (struct addrinfo *a = all; a != NULL && fd == -1;
         a = a->ai_next)
        fd = connect_to(a);
    freeaddrinfo(all);
    if (fd == -1)
        return 1;

    printf("connected to %s, keepalive %s\n", host,
           keepalive ? "on" : "off");
    failed = watch(fd) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return failed;
}
