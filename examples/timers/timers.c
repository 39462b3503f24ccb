// timers: connects, and while it waits prints once a second which timer
// the kernel runs for its socket.
//
//     timers --idle 5 --interval 2 --count 3 HOST PORT
//
// It looks in the middle between whole seconds. Exit status: 0 it has
// seen the end, or the limit, 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
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

enum { IDLE, INTERVAL, COUNT, SEND_AT, LIMIT, SETTINGS };
static int want[SETTINGS] = {[IDLE] = 60,
                             [INTERVAL] = 10,
                             [COUNT] = 6,
                             [SEND_AT] = 0,
                             [LIMIT] = 300};
static int keepalive = 1;

static const char usage[] = "usage: timers [OPTION...] HOST PORT";

static void help(void)
{
    printf("%s\n"
           "  --idle S        idle time, %d\n"
           "  --interval S    interval, %d\n"
           "  --count N       unanswered probes, %d\n"
           "  --no-keepalive  leave keepalive off\n"
           "  --send-at S     send one byte then, %d: never\n"
           "  --limit S       how long to try and to watch, %d\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT],
           want[SEND_AT], want[LIMIT]);
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

// tag::diag[]
// Asks the kernel about the one connection that has these addresses:
// which timer runs, and in how many milliseconds it ends.
static int ask(int diag, const struct inet_diag_req_v2 *about,
               struct inet_diag_msg *answer)
{
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 about;
    } question = {.header = {.nlmsg_len = sizeof question,
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = NLM_F_REQUEST}, // <1>
                  .about = *about};
    struct {
        struct nlmsghdr header;
        union {
            struct nlmsgerr error;
            struct inet_diag_msg socket;
        };
        char rest[4096];
    } reply = {0};
    if (send(diag, &question, sizeof question, 0) == -1) {
        warn("send to NETLINK_SOCK_DIAG");
        return -1;
    }
    if (recv(diag, &reply, sizeof reply, MSG_DONTWAIT) == -1) {
        warn("recv from NETLINK_SOCK_DIAG");
        return -1;
    }
    if (reply.header.nlmsg_type == NLMSG_ERROR) { // <2>
        errno = -reply.error.error;
        warn("NETLINK_SOCK_DIAG");
        return -1;
    }
    *answer = reply.socket;
    return 0;
}
// end::diag[]

// What the kernel needs to find our connection: both its ends.
static int describe(int fd, struct inet_diag_req_v2 *about)
{
    union {
        struct sockaddr any;
        struct sockaddr_in ip4;
        struct sockaddr_in6 ip6;
    } end[2] = {0};
    socklen_t size[2] = {sizeof end[0], sizeof end[1]};
    if (getsockname(fd, &end[0].any, &size[0]) == -1) {
        warn("getsockname");
        return -1;
    }
    if (getpeername(fd, &end[1].any, &size[1]) == -1) {
        warn("getpeername");
        return -1;
    }
    memset(about, 0, sizeof *about);
    about->sdiag_family = (unsigned char)end[0].any.sa_family;
    about->sdiag_protocol = IPPROTO_TCP;
    about->id.idiag_cookie[0] = about->id.idiag_cookie[1] =
        INET_DIAG_NOCOOKIE;
    about->id.idiag_sport = end[0].ip4.sin_port;
    about->id.idiag_dport = end[1].ip4.sin_port;
    if (end[0].any.sa_family == AF_INET) {
        about->id.idiag_src[0] = end[0].ip4.sin_addr.s_addr;
        about->id.idiag_dst[0] = end[1].ip4.sin_addr.s_addr;
    } else {
        memcpy(about->id.idiag_src, &end[0].ip6.sin6_addr, 16);
        memcpy(about->id.idiag_dst, &end[1].ip6.sin6_addr, 16);
    }
    return 0;
}

// tag::counter[]
// How many keepalive probes this host has sent. -1 after a message.
static long probes_sent(void)
{
    FILE *in = fopen("/proc/net/netstat", "re");
    if (in == NULL) {
        warn("fopen /proc/net/netstat");
        return -1;
    }
    char names[16384] = "";
    char values[16384] = "";
    long sent = -1;
    // A line of names, and under it a line of values.
    while (sent == -1 && fgets(names, sizeof names, in) != NULL &&
           fgets(values, sizeof values, in) != NULL) {
        char *more_names = NULL;
        char *more_values = NULL;
        char *name = strtok_r(names, " \n", &more_names);
        char *value = strtok_r(values, " \n", &more_values);
        while (name != NULL && value != NULL) {
            if (strcmp(name, "TCPKeepAlive") == 0)
                sent = strtol(value, NULL, 10);
            name = strtok_r(NULL, " \n", &more_names);
            value = strtok_r(NULL, " \n", &more_values);
        }
    }
    fclose(in);
    if (sent == -1)
        warnx("/proc/net/netstat has no TCPKeepAlive");
    return sent;
}
// end::counter[]

// tag::row[]
static int print_row(int fd, int diag,
                     const struct inet_diag_req_v2 *about, long before,
                     int second)
{
    static const char *const timers[] = {"off", "on", "keepalive",
                                         "timewait", "persist"};
    struct inet_diag_msg socket = {0};
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    long sent = probes_sent();
    if (sent == -1 || ask(diag, about, &socket) == -1)
        return -1;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        return -1;
    }
    const char *timer =
        socket.idiag_timer <= 4 ? timers[socket.idiag_timer] : "?";
    char left[16] = "-";
    if (socket.idiag_timer == 2)
        snprintf(left, sizeof left, "%u s",
                 (socket.idiag_expires + 999) / 1000); // <1>
    unsigned data = info.tcpi_last_data_recv;
    unsigned ack = info.tcpi_last_ack_recv;
    printf("%3d.5 s  %-9s  %6s  %8u  %7u  %10u  %11ld\n", second, timer,
           left, (data < ack ? data : ack) / 1000, // <2>
           info.tcpi_unacked, info.tcpi_probes, sent - before);
    return 0;
}
// end::row[]

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
    printf("\n     at  timer      within  silence  unacked  unanswered"
           "  probes sent\n");
    return 0;
}

// Reads until the clock says `until`. Returns 0 then, 1 when it has
// seen and printed the end of the connection, -1 after a message.
static int read_until(int fd, double until)
{
    char bytes[4096];
    for (;;) {
        int ready = wait_for(fd, POLLIN, until);
        if (ready != 1)
            return ready;
        ssize_t got = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (got == 0 || (got == -1 &&
                         (errno == ETIMEDOUT || errno == ECONNRESET))) {
            printf("recv: %s\n", got == 0 ? "the peer has closed"
                                          : strerrorname_np(errno));
            return 1;
        }
        if (got == -1 && errno != EAGAIN && errno != EINTR) {
            warn("recv");
            return -1;
        }
    }
}

static int watch(int fd, int diag)
{
    struct inet_diag_req_v2 about;
    double start = now();
    long before = probes_sent();
    if (before == -1 || describe(fd, &about) == -1)
        return -1;
    for (int second = 0; second < want[LIMIT]; second++) {
        int end = read_until(fd, start + second);
        if (end == 0 && second > 0 && second == want[SEND_AT] &&
            send(fd, "x", 1, MSG_NOSIGNAL) == -1) {
            warn("send");
            return -1;
        }
        if (end == 0)
            end = read_until(fd, start + second + 0.5);
        if (end != 0)
            return end == 1 ? 0 : -1;
        if (print_row(fd, diag, &about, before, second) == -1)
            return -1;
    }
    return 0;
}

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"send-at", required_argument, NULL, SEND_AT},
        {"limit", required_argument, NULL, LIMIT},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 1, 1};
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
    int status = 1;
    int diag = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
                      NETLINK_SOCK_DIAG);
    if (diag == -1)
        err(1, "socket NETLINK_SOCK_DIAG");
    int fd =
        connect_to(argv[optind], argv[optind + 1], want[LIMIT], tune);
    if (fd != -1) {
        if (show(fd, argv[optind]) == 0 && watch(fd, diag) == 0)
            status = 0;
        close(fd);
    }
    close(diag);
    return end_output(status);
}
