// detect: connects, waits, and reports how the connection ended: the
// error by name, and after how many seconds of silence.
//
//     detect --idle 60 --interval 10 --count 6 HOST PORT
//
// It sends nothing: only keepalive can notice that the peer is gone.
// Exit status: 0 the end was seen, 1 it was not (the limit passed, no
// connection, a failed call), 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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

// What the options want: seconds, probes, milliseconds (0: none).
enum { IDLE, INTERVAL, COUNT, USER_TIMEOUT, LIMIT, SETTINGS };
static int want[SETTINGS] = {[IDLE] = 60,
                             [INTERVAL] = 10,
                             [COUNT] = 6,
                             [USER_TIMEOUT] = 0,
                             [LIMIT] = 300};
static int keepalive = 1;

static const char usage[] = "usage: detect [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S           idle time, %d\n"
           "  --interval S       interval, %d\n"
           "  --count N          unanswered probes, %d\n"
           "  --user-timeout MS  TCP_USER_TIMEOUT, %d: none\n"
           "  --no-keepalive     leave keepalive off\n"
           "  --limit S          how long to try and to watch, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT],
           want[USER_TIMEOUT], want[LIMIT]);
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

// tag::arithmetic[]
// How many seconds after its last word a dead peer is given up, when
// the first probe leaves after `first` seconds: one interval for each
// probe. A user timeout (in ms) does not count probes: then as many
// intervals pass as it takes to reach it, and one at least.
static long long detection_time(int first, int interval, int count,
                                int user_timeout)
{
    long long unanswered = count;
    if (user_timeout > 0 && interval > 0) {
        long long missing = user_timeout - first * 1000LL;
        long long step = interval * 1000LL;
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
    if (set(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", keepalive) ==
            -1 ||
        set(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
            want[IDLE]) == -1 ||
        set(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
            want[INTERVAL]) == -1 ||
        set(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", want[COUNT]) ==
            -1 ||
        set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT",
            want[USER_TIMEOUT]) == -1)
        return -1;
    return 0;
}
// end::tune[]

// tag::wait[]
// Waits until fd has one of the events, or the clock says `until`.
// Returns 1, 0 when the time is over, -1 after a message.
static int wait_for(int fd, short events, double until)
{
    struct pollfd p = {.fd = fd, .events = events};
    for (;;) {
        double left = until - now();
        if (left <= 0)
            return 0;
        int ready = poll(&p, 1, (int)(left * 1000) + 1); // <1>
        if (ready == 1)
            return 1;
        if (ready == -1 && errno != EINTR) { // <2>
            warn("poll");
            return -1;
        }
    }
}
// end::wait[]

// Connects to one address. Returns a descriptor, or -1 after a message.
static int connect_to(const struct addrinfo *a, double until)
{
    char host[NI_MAXHOST] = "?";
    int error = 0;
    getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, NULL, 0,
                NI_NUMERICHOST);
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd == -1) {
        warn("socket");
        return -1;
    }
    if (tune(fd) == -1)
        goto failed;
    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1 &&
        errno != EINPROGRESS) {
        warn("connect to %s", host);
        goto failed;
    }
    int ready = wait_for(fd, POLLOUT, until);
    if (ready == 0)
        warnx("connect to %s: no answer within %d s", host,
              want[LIMIT]);
    if (ready != 1 ||
        read_option(fd, SOL_SOCKET, SO_ERROR, "SO_ERROR", &error) == -1)
        goto failed;
    if (error == 0)
        return fd;
    warnx("connect to %s: %s", host, strerror(error));
failed:
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
    // A peer that was heard after the handshake has answered probes,
    // and after an answer the next one is an interval away at least.
    int first = want[IDLE];
    if (lived - quiet > 0.5 && want[INTERVAL] > first)
        first = want[INTERVAL];

    if (error == 0) {
        printf("closed by the peer after %.1f s, predicted 0 s\n",
               quiet);
    } else if (error == ETIMEDOUT) {
        printf("timed out after %.1f s, predicted %lld s: ETIMEDOUT\n",
               quiet,
               detection_time(first, want[INTERVAL], want[COUNT],
                              want[USER_TIMEOUT]));
    } else if (error == ECONNRESET && keepalive && quiet >= first) {
        int probes = (int)((quiet - first) / want[INTERVAL]);
        printf("reset after %.1f s, predicted %d s: ECONNRESET\n",
               quiet, first + probes * want[INTERVAL]);
    } else if (error == ECONNRESET) {
        printf("reset after %.1f s, before any probe: ECONNRESET\n",
               quiet);
    } else {
        warnx("recv: %s after %.1f s", strerror(error), quiet);
        return -1;
    }
    return 0;
}
// end::report[]

// tag::watch[]
static int watch(int fd)
{
    double start = now();
    for (;;) {
        char bytes[4096];
        int ready = wait_for(fd, POLLIN, start + want[LIMIT]);
        if (ready == -1)
            return -1;
        if (ready == 0) { // <1>
            printf("still connected after %.1f s, predicted %d s\n",
                   now() - start, want[LIMIT]);
            return -1;
        }
        ssize_t got = recv(fd, bytes, sizeof bytes, 0); // <2>
        if (got > 0 || (got == -1 && errno == EAGAIN)) // <3>
            continue;
        return report(fd, got == 0 ? 0 : errno, now() - start); // <4>
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

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 0, 1};
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
    const char *port = argv[optind + 1];

    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    int failed = getaddrinfo(host, port, &hints, &all);
    if (failed != 0)
        errx(1, "%s: %s", host, gai_strerror(failed));
    int fd = -1;
    double until = now() + want[LIMIT];
    for (struct addrinfo *a = all; a != NULL && fd == -1;
         a = a->ai_next)
        fd = connect_to(a, until);
    freeaddrinfo(all);
    if (fd == -1)
        return 1;

    failed = show(fd, host) == -1 || watch(fd) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
