// leak: a program with a bug. The peer closes, it does not: watch what
// becomes of its socket.
//
//     leak --idle 60 --interval 10 --count 6 HOST PORT
//
// Exit status: 0 the kernel has cleaned up, 1 it has not (the limit
// passed, no connection, a failed call), 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What the options want: seconds and probes.
enum { IDLE, INTERVAL, COUNT, FORGETS, LIMIT, SETTINGS };
static int want[SETTINGS] = {60, 10, 6, 60, 300};
static int keepalive = 1;

static const char usage[] = "usage: leak [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S         idle time, %d\n"
           "  --interval S     interval, %d\n"
           "  --count N        unanswered probes, %d\n"
           "  --fin-timeout S  tcp_fin_timeout of the peer, %d\n"
           "  --no-keepalive   leave keepalive off\n"
           "  --limit S        how long to try and to watch, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT],
           want[FORGETS], want[LIMIT]);
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

static const struct {
    int option;
    const char *name;
} values[] = {[IDLE] = {TCP_KEEPIDLE, "TCP_KEEPIDLE"},
              [INTERVAL] = {TCP_KEEPINTVL, "TCP_KEEPINTVL"},
              [COUNT] = {TCP_KEEPCNT, "TCP_KEEPCNT"}};

static int tune(int fd)
{
    for (int i = IDLE; i <= COUNT; i++)
        if (set_option(fd, IPPROTO_TCP, values[i].option,
                       values[i].name, want[i]) == -1)
            return -1;
    return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                      keepalive);
}

// Prints what the kernel holds, not what we asked for.
static int show(int fd, const char *host)
{
    int on = 0;
    int held[COUNT + 1] = {0};
    for (int i = IDLE; i <= COUNT; i++)
        if (read_option(fd, IPPROTO_TCP, values[i].option,
                        values[i].name, &held[i]) == -1)
            return -1;
    if (read_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                    &on) == -1)
        return -1;
    printf("connected to %s, keepalive %s", host, on ? "on" : "off");
    if (on)
        printf(": %d s, %d s, %d", held[IDLE], held[INTERVAL],
               held[COUNT]);
    printf("\n");
    return 0;
}

// tag::state[]
// The state of a connection by the name that the kernel's headers use.
static const char *state_name(unsigned state)
{
    static const char *const names[] = {
        "no state",   "ESTABLISHED", "SYN_SENT",  "SYN_RECV",
        "FIN_WAIT1",  "FIN_WAIT2",   "TIME_WAIT", "CLOSE",
        "CLOSE_WAIT", "LAST_ACK",    "LISTEN",    "CLOSING"};
    return names[state < sizeof names / sizeof *names ? state : 0];
}
// end::state[]

static int ask(int fd, struct tcp_info *info)
{
    socklen_t size = sizeof *info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    return 0;
}

// tag::cleaning[]
// Seconds from the peer's FIN to the first probe that it answers with
// RST, because its kernel has forgotten the connection by then.
static long long cleaning_time(void)
{
    long long probe = want[IDLE];
    while (probe <= want[FORGETS])
        probe +=
            want[IDLE] > want[INTERVAL] ? want[IDLE] : want[INTERVAL];
    return probe;
}
// end::cleaning[]

// tag::report[]
static int report(int fd, const char *state, double leaked)
{
    char byte = 0;
    ssize_t got = recv(fd, &byte, 1, 0);
    if (got == -1) {
        warn("recv");
        return -1;
    }
    ssize_t sent = send(fd, "", 1, MSG_NOSIGNAL);
    int error = errno;
    if (sent != -1 || (error != EPIPE && error != ETIMEDOUT)) {
        warn("send: %zd", sent);
        return -1;
    }
    long long predicted =
        error == EPIPE
            ? cleaning_time()
            : want[IDLE] + (long long)want[INTERVAL] * want[COUNT];
    printf("%s after %.1f s, predicted %lld s\n", state, leaked,
           predicted);
    printf("recv() says %zd, send() says %s\n", got,
           error == EPIPE ? "EPIPE" : "ETIMEDOUT");
    return 0;
}
// end::report[]

// tag::leak[]
// Waits for the peer's FIN, and then, instead of closing its own end,
// does what a program does that has lost sight of a socket: nothing.
static int leak(int fd)
{
    struct tcp_info info = {0};
    double until = now() + want[LIMIT];
    int ready = wait_for(fd, POLLRDHUP, until);
    if (ready == 0)
        printf("not closed by the peer after %d s, the limit\n",
               want[LIMIT]);
    if (ready != 1 || ask(fd, &info) == -1)
        return -1;
    if (info.tcpi_state != TCP_CLOSE_WAIT) {
        printf("ended, but not by the peer's close: %s\n",
               state_name(info.tcpi_state));
        return -1;
    }
    double closed = now() - info.tcpi_last_ack_recv / 1000.0; // <1>
    printf("the peer has closed, this program has not: %s\n",
           state_name(info.tcpi_state));

    ready = wait_for(fd, 0, closed + want[LIMIT]); // <2>
    double leaked = now() - closed;
    if (ready == -1 || ask(fd, &info) == -1)
        return -1;
    if (ready == 1)
        return report(fd, state_name(info.tcpi_state), leaked);
    printf("still %s after %.1f s, predicted %d s\n",
           state_name(info.tcpi_state), leaked, want[LIMIT]);
    return -1;
}
// end::leak[]

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"fin-timeout", required_argument, NULL, FORGETS},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int most[] = {32767, 32767, 127, 1000000, 1000000};
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
            want[option] =
                number(options[index].name, optarg, 1, most[option]);
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
    int failed = show(fd, host) == -1 || leak(fd) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
