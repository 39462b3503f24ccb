// in-flight: connects, sends a byte, and waits for the peer to
// acknowledge it: how the connection ends, if it does, and when.
//
//     in-flight --idle 60 --interval 10 --count 6 HOST PORT
//
// As long as the byte is on its way, keepalive is silent: what counts
// is how often the kernel repeats the byte, or TCP_USER_TIMEOUT. Exit
// status: 0 the end was seen, 1 it was not (the limit passed, no
// connection, a failed call), 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
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

// What the options want: seconds, probes, milliseconds (0: none).
enum {
    IDLE,
    INTERVAL,
    COUNT,
    USER_TIMEOUT,
    SEND_AT,
    EVERY,
    LIMIT,
    SETTINGS
};
static int want[SETTINGS] = {[IDLE] = 60,
                             [INTERVAL] = 10,
                             [COUNT] = 6,
                             [SEND_AT] = 1,
                             [LIMIT] = 300};
static int keepalive = 1;

static const char usage[] = "usage: in-flight [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S           idle time, %d\n"
           "  --interval S       interval, %d\n"
           "  --count N          unanswered probes, %d\n"
           "  --user-timeout MS  TCP_USER_TIMEOUT, %d: none\n"
           "  --no-keepalive     leave keepalive off\n"
           "  --send-at S        when to send the byte, %d\n"
           "  --every S          send another so often, %d: never\n"
           "  --limit S          how long to wait, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT],
           want[USER_TIMEOUT], want[SEND_AT], want[EVERY], want[LIMIT]);
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
                   want[COUNT]) == -1 ||
        set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                   "TCP_USER_TIMEOUT", want[USER_TIMEOUT]) == -1)
        return -1;
    return 0;
}
// end::tune[]

// tag::queue[]
// How many bytes the peer has not acknowledged. Returns -1 after a
// message.
static int unacknowledged(int fd)
{
    int bytes = 0;
    if (ioctl(fd, SIOCOUTQ, &bytes) == -1) {
        warn("ioctl SIOCOUTQ");
        return -1;
    }
    return bytes;
}
// end::queue[]

// tag::report[]
// Says what is left on its way, and what the kernel has done about it.
static int show_state(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    int bytes = unacknowledged(fd);
    if (bytes == -1)
        return -1;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    printf("unacknowledged bytes: %d, sent again: %s\n", bytes,
           info.tcpi_total_retrans > 0 ? "yes" : "no"); // <1>
    printf("unanswered keepalive probes: %d\n",
           info.tcpi_probes); // <2>
    return 0;
}

// Says how the connection ended, and how long after the oldest byte
// that the peer did not acknowledge.
static int report(int fd, ssize_t got, int error, double waited)
{
    int bytes = unacknowledged(fd);
    if (bytes == -1)
        return -1;
    if (got == -1 && error != ETIMEDOUT && error != ECONNRESET &&
        error != EHOSTUNREACH && error != ENETUNREACH) {
        warnx("recv: %s", strerror(error));
        return -1;
    }
    printf("ended after %.1f s", waited);
    if (bytes > 0 && want[USER_TIMEOUT] > 0) // <3>
        printf(", predicted %g s", want[USER_TIMEOUT] / 1000.0);
    printf(": %s\n",
           got == 0 ? "the peer has closed" : strerrorname_np(error));
    return show_state(fd);
}
// end::report[]

// tag::watch[]
static int watch(int fd)
{
    double start = now();
    double first = start + want[SEND_AT];
    double end = first + want[LIMIT];
    double next = first;
    double oldest = first; // of the bytes that are on their way
    for (;;) {
        char bytes[4096];
        int ready = wait_for(fd, POLLIN, next < end ? next : end);
        if (ready == -1)
            return -1;
        if (ready == 1) { // <1>
            ssize_t got = recv(fd, bytes, sizeof bytes, 0);
            if (got > 0)
                continue;
            return report(fd, got, errno, now() - oldest);
        }
        if (next >= end) { // <2>
            printf("still connected after %.1f s, predicted %d s\n",
                   now() - first, want[LIMIT]);
            show_state(fd);
            return -1;
        }
        int waiting = unacknowledged(fd);
        if (waiting == 0)
            oldest = now();
        if (waiting == -1)
            return -1;
        if (send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) ==
            -1) { // <3>
            warn("send");
            return -1;
        }
        printf("sent a byte after %.1f s, predicted %.0f s\n",
               now() - start, next - start);
        next = want[EVERY] > 0 ? next + want[EVERY] : end;
    }
}
// end::watch[]

// Prints what the kernel holds, not what we asked for.
static int show(int fd, const char *host)
{
    int on = 0;
    int idle = 0;
    int interval = 0;
    int count = 0;
    int timeout = 0;
    if (read_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                    &on) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                    &idle) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
                    &interval) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                    &count) == -1 ||
        read_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT,
                    "TCP_USER_TIMEOUT", &timeout) == -1)
        return -1;
    printf("connected to %s, keepalive %s", host, on ? "on" : "off");
    if (on)
        printf(": %d s, %d s, %d", idle, interval, count);
    printf("\n");
    if (timeout > 0)
        printf("user timeout %d ms\n", timeout);
    return 0;
}

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"send-at", required_argument, NULL, SEND_AT},
        {"every", required_argument, NULL, EVERY},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 0, 0, 0, 1};
    static const int most[] = {32767,   32767,   127,    INT_MAX,
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
    int failed = show(fd, host) == -1 || watch(fd) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
