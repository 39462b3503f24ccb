// endings: several connections to one peer end, and each is asked in
// another way how.
//
//     endings --idle 60 --interval 10 --count 6 HOST PORT
//
// One line for each way: what it says, and what is said after that.
// Exit status: 0 all have ended, 1 they have not (the limit passed, no
// connection, a failed call), 2 wrong usage.

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
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// What the options want, in seconds and probes.
enum { IDLE, INTERVAL, COUNT, LIMIT, SETTINGS };
static int want[SETTINGS] = {60, 10, 6, 300};

static const char usage[] = "usage: endings [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S      idle time, %d\n"
           "  --interval S  interval, %d\n"
           "  --count N     unanswered probes, %d\n"
           "  --limit S     how long to try and to watch, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT], want[LIMIT]);
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
    return set_option(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1);
}

// tag::error[]
// Prints what a call has returned, or its error by name. Returns -1
// after a message if that is not the end of a connection.
static int say(const char *call, ssize_t result)
{
    if (result >= 0) {
        printf(" %zd", result);
    } else if (errno == ETIMEDOUT || errno == ECONNRESET ||
               errno == EHOSTUNREACH || errno == ENETUNREACH ||
               errno == EPIPE) {
        printf(" %s", strerrorname_np(errno));
    } else {
        warn("%s", call);
        return -1;
    }
    return 0;
}

static int by_recv(int fd)
{
    char byte = 0;
    if (say("recv", recv(fd, &byte, 1, 0)) == -1)
        return -1;
    printf(", then");
    return say("recv", recv(fd, &byte, 1, 0)); // <1>
}

static int by_send(int fd)
{
    if (say("send", send(fd, "", 1, MSG_NOSIGNAL)) == -1) // <2>
        return -1;
    printf(", then");
    if (wait_for(fd, 0, now() + 0.5) == -1) // <3>
        return -1;
    return say("send", send(fd, "", 1, MSG_NOSIGNAL));
}

static int by_so_error(int fd)
{
    int error = 0;
    char byte = 0;
    if (read_option(fd, SOL_SOCKET, SO_ERROR, "SO_ERROR", &error) == -1)
        return -1;
    printf(" %s, then recv()", error ? strerrorname_np(error) : "0");
    return say("recv", recv(fd, &byte, 1, 0)); // <4>
}
// end::error[]

// tag::events[]
// Prints events by name. Those of epoll have the same values.
static void say_events(const char *prefix, unsigned events)
{
    static const struct {
        unsigned event;
        const char *name;
    } all[] = {{POLLIN, "IN"},
               {POLLERR, "ERR"},
               {POLLHUP, "HUP"},
               {POLLRDHUP, "RDHUP"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (events & all[i].event)
            printf(" %s%s", prefix, all[i].name);
    if (events == 0)
        printf(" nothing");
}

static int by_poll(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLRDHUP};
    struct pollfd unasked = {.fd = fd, .events = 0}; // <1>
    if (poll(&p, 1, 0) == -1 || poll(&unasked, 1, 0) == -1) {
        warn("poll");
        return -1;
    }
    say_events("POLL", (unsigned)p.revents);
    printf(", unasked");
    say_events("POLL", (unsigned)unasked.revents);
    return 0;
}

static int by_epoll(int fd)
{
    struct epoll_event e = {.events = EPOLLIN | EPOLLRDHUP};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int failed = epoll == -1 ||
                 epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) == -1 ||
                 epoll_wait(epoll, &e, 1, 0) == -1;
    if (failed)
        warn("epoll");
    else
        say_events("EPOLL", e.events);
    if (epoll != -1)
        close(epoll);
    return -failed;
}

static int by_select(int fd)
{
    struct timeval at_once = {0};
    fd_set to_read, to_write, exceptional;
    if (fd >= FD_SETSIZE) { // <2>
        warnx("select: descriptor %d is too large", fd);
        return -1;
    }
    FD_ZERO(&to_read);
    FD_SET(fd, &to_read);
    to_write = exceptional = to_read;
    if (select(fd + 1, &to_read, &to_write, &exceptional, &at_once) ==
        -1) {
        warn("select");
        return -1;
    }
    printf(" %s, %s, %s",
           FD_ISSET(fd, &to_read) ? "readable" : "not readable",
           FD_ISSET(fd, &to_write) ? "writable" : "not writable",
           FD_ISSET(fd, &exceptional) ? "exceptional"
                                      : "not exceptional");
    return 0;
}
// end::events[]

// tag::info[]
static int by_info(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    printf(" tcpi_probes %d, tcpi_retransmits %d", info.tcpi_probes,
           info.tcpi_retransmits);
    return 0;
}
// end::info[]

static const struct way {
    const char *name;
    int (*ask)(int fd);
} ways[] = {
    {"recv()", by_recv},        {"send()", by_send},
    {"SO_ERROR", by_so_error},  {"poll()", by_poll},
    {"epoll_wait()", by_epoll}, {"select()", by_select},
    {"TCP_INFO", by_info},
};
enum { WAYS = sizeof ways / sizeof *ways };

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
    printf("%d connections to %s, keepalive %s: %d s, %d s, %d\n", WAYS,
           host, on ? "on" : "off", held[IDLE], held[INTERVAL],
           held[COUNT]);
    return 0;
}

// tag::story[]
// Opens a connection for each way, waits for the ends, and asks.
static int story(const char *host, const char *port, int fds[WAYS])
{
    for (int i = 0; i < WAYS; i++) {
        fds[i] = connect_to(host, port, want[LIMIT], tune);
        if (fds[i] == -1)
            return -1;
    }
    if (show(fds[0], host) == -1)
        return -1;
    double until = now() + want[LIMIT];
    for (int i = 0; i < WAYS; i++) {
        int ready = wait_for(fds[i], POLLRDHUP, until);
        if (ready == 0)
            printf("still connected after %d s, the limit\n",
                   want[LIMIT]);
        if (ready != 1)
            return -1;
    }
    for (int i = 0; i < WAYS; i++) {
        printf("%-13s", ways[i].name);
        int failed = ways[i].ask(fds[i]);
        printf("\n");
        if (failed)
            return -1;
    }
    return 0;
}
// end::story[]

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"limit", required_argument, NULL, LIMIT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int most[] = {32767, 32767, 127, 1000000};
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
    int fds[WAYS];
    begin_output();
    parse(argc, argv);
    memset(fds, -1, sizeof fds);
    int failed = story(argv[optind], argv[optind + 1], fds) == -1;
    for (int i = 0; i < WAYS; i++)
        if (fds[i] != -1 && close(fds[i]) == -1) {
            warn("close");
            failed = 1;
        }
    return end_output(failed);
}
