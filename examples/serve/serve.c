// serve: an echo server. Keepalive is set once, on the listening
// socket, and each accepted one has it.
//
//     serve --port 7000 --idle 60 --interval 10 --count 6
//
// Says what each client's socket has inherited, and how its connection
// ends. Exit status: 0 the limit has passed, 1 a call failed, 2 wrong
// usage.

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
enum { IDLE, INTERVAL, COUNT, USER_TIMEOUT, PORT, LIMIT, SETTINGS };
static int want[SETTINGS] = {
    [IDLE] = 60,        [INTERVAL] = 10, [COUNT] = 6,
    [USER_TIMEOUT] = 0, [PORT] = 0,      [LIMIT] = 3600};
static int keepalive = 1;
static int quiet; // say nothing but failures
static int failed; // a call failed on the way

// The listener comes first in what is waited for; client i after it.
enum { CLIENTS = 1000 };
static struct pollfd polled[1 + CLIENTS];
static struct client {
    int number; // in the order of their coming
    size_t held; // bytes read, and not yet sent back
    char bytes[4096];
} clients[1 + CLIENTS];

static const char usage[] = "usage: serve [OPTION...]";

static void help(void)
{
    printf("%s\n"
           "  --host ADDRESS     where to listen, 127.0.0.1\n"
           "  --port N           on which port, %d: a free one\n"
           "  --idle S           idle time, %d\n"
           "  --interval S       interval, %d\n"
           "  --count N          unanswered probes, %d\n"
           "  --user-timeout MS  TCP_USER_TIMEOUT, %d: none\n"
           "  --no-keepalive     leave keepalive off\n"
           "  --quiet            say nothing but failures\n"
           "  --limit S          how long to serve, %d\n",
           usage, want[PORT], want[IDLE], want[INTERVAL], want[COUNT],
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

// tag::tune[]
static int tune(int listener)
{
    if (set_option(listener, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE",
                   keepalive) == -1 ||
        set_option(listener, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
                   want[IDLE]) == -1 ||
        set_option(listener, IPPROTO_TCP, TCP_KEEPINTVL,
                   "TCP_KEEPINTVL", want[INTERVAL]) == -1 ||
        set_option(listener, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT",
                   want[COUNT]) == -1 ||
        set_option(listener, IPPROTO_TCP, TCP_USER_TIMEOUT,
                   "TCP_USER_TIMEOUT", want[USER_TIMEOUT]) == -1)
        return -1;
    return 0;
}
// end::tune[]

// Prints what the kernel holds for a socket.
static int show(int fd, const char *who)
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
    printf("%s: keepalive %s", who, on ? "on" : "off");
    if (on)
        printf(": %d s, %d s, %d", idle, interval, count);
    if (timeout > 0)
        printf(", user timeout %d ms", timeout);
    printf("\n");
    return 0;
}

// tag::admit[]
// Takes the next client. Nothing is set here.
static int admit(void)
{
    static int number;
    int i = 1;
    int fd = accept4(polled[0].fd, NULL, NULL, // <1>
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd == -1) {
        if (errno == ECONNABORTED || errno == EINTR || errno == EAGAIN)
            return 0;
        warn("accept4");
        return -1;
    }
    while (polled[i].fd != -1)
        i++;
    polled[i] = (struct pollfd){.fd = fd, .events = POLLIN};
    clients[i].number = ++number;
    clients[i].held = 0;
    char who[32] = "";
    snprintf(who, sizeof who, "client %d", number);
    return quiet ? 0 : show(fd, who); // <2>
}
// end::admit[]

// tag::report[]
// Says how the connection of client i ended. Returns -1 if it was a
// failure of ours.
static int report(int i, const char *call, int error)
{
    int number = clients[i].number;
    int fd = polled[i].fd;
    int unacknowledged = 0;
    double seconds = silence(fd);
    if (seconds < 0)
        return -1;
    if (ioctl(fd, SIOCOUTQ, &unacknowledged) == -1) { // <1>
        warn("ioctl SIOCOUTQ");
        return -1;
    }
    int unreachable = error == EHOSTUNREACH || error == ENETUNREACH;
    if (error != 0 && error != ETIMEDOUT && error != ECONNRESET &&
        error != EPIPE && !unreachable) {
        warnx("client %d: %s: %s", number, call,
              strerrorname_np(error));
        return -1;
    }
    if (quiet)
        return 0;
    printf("client %d: ", number);
    if (error == 0)
        printf("closed by the peer\n");
    else if (unreachable)
        printf("cannot be reached: %s\n", strerrorname_np(error));
    else if (error != ETIMEDOUT)
        printf("reset by the peer: %s\n", strerrorname_np(error));
    else if (unacknowledged > 0) // <2>
        printf("timed out, data unacknowledged: ETIMEDOUT\n");
    else
        printf("timed out after %.1f s, predicted %lld s: ETIMEDOUT\n",
               seconds,
               detection_time(want[IDLE], want[INTERVAL], want[COUNT],
                              want[USER_TIMEOUT]));
    return 0;
}
// end::report[]

static void part(int i, const char *call, int error)
{
    if (report(i, call, error) == -1)
        failed = 1;
    if (close(polled[i].fd) == -1) {
        warn("close");
        failed = 1;
    }
    polled[i].fd = -1;
}

// tag::echo[]
// Reads what client i says, and says it back. What does not go out at
// once is held, and nothing more is read until it has gone.
static void echo(int i)
{
    struct client *c = &clients[i];
    int fd = polled[i].fd;
    const char *call = "recv";
    ssize_t done = 0;
    if (c->held == 0) {
        done = recv(fd, c->bytes, sizeof c->bytes, 0); // <1>
        if (done > 0)
            c->held = (size_t)done;
    }
    if (c->held > 0) {
        call = "send";
        done = send(fd, c->bytes, c->held, MSG_NOSIGNAL); // <2>
        if (done > 0) {
            c->held -= (size_t)done;
            memmove(c->bytes, c->bytes + done, c->held);
        }
    }
    if (done == 0)
        part(i, call, 0);
    else if (done == -1 && errno != EAGAIN && errno != EINTR)
        part(i, call, errno);
    else
        polled[i].events = c->held > 0 ? POLLOUT : POLLIN;
}
// end::echo[]

// tag::serve[]
// Serves until the limit passes. Returns -1 after a message.
static int serve(void)
{
    double start = now();
    double left = want[LIMIT];
    int connected = 0;
    while (left > 0) {
        polled[0].events = connected < CLIENTS ? POLLIN : 0; // <1>
        int ready = poll(polled, 1 + CLIENTS, (int)(left * 1000) + 1);
        if (ready == -1 && errno != EINTR) {
            warn("poll");
            return -1;
        }
        if (ready > 0 && polled[0].revents != 0 && admit() == -1)
            return -1;
        connected = 0;
        for (int i = 1; i <= CLIENTS; i++) {
            if (ready > 0 && polled[i].fd != -1 &&
                polled[i].revents != 0)
                echo(i); // <2>
            connected += polled[i].fd != -1;
        }
        left = start + want[LIMIT] - now();
    }
    if (!quiet)
        printf("stopped after %.1f s, predicted %d s, %d connected\n",
               now() - start, want[LIMIT], connected);
    return 0;
}
// end::serve[]

static int listen_on(const char *host)
{
    char port[16] = "";
    snprintf(port, sizeof port, "%d", want[PORT]);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    int wrong = getaddrinfo(host, port, &hints, &a);
    if (wrong != 0)
        errx(1, "%s: %s", host, gai_strerror(wrong));
    int done = 0;
    int fd = socket(a->ai_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        warn("socket");
    else if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR",
                        1) == -1 ||
             tune(fd) == -1)
        ; // it has said why
    else if (bind(fd, a->ai_addr, a->ai_addrlen) == -1)
        warn("bind %s port %d", host, want[PORT]);
    else if (listen(fd, SOMAXCONN) == -1)
        warn("listen");
    else
        done = 1;
    freeaddrinfo(a);
    if (!done && fd != -1)
        close(fd);
    return done ? fd : -1;
}

// Says where we listen, and with what.
static int introduce(const char *host)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    char port[NI_MAXSERV] = "";
    if (getsockname(polled[0].fd, (struct sockaddr *)&bound, &size) ==
        -1) {
        warn("getsockname");
        return -1;
    }
    int wrong = getnameinfo((struct sockaddr *)&bound, size, NULL, 0,
                            port, sizeof port, NI_NUMERICSERV);
    if (wrong != 0) {
        warnx("getnameinfo: %s", gai_strerror(wrong));
        return -1;
    }
    if (!quiet)
        printf("listening on %s port %s\n", host, port);
    return quiet ? 0 : show(polled[0].fd, "listener");
}

static const char *parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"port", required_argument, NULL, PORT},
        {"limit", required_argument, NULL, LIMIT},
        {"host", required_argument, NULL, 'a'},
        {"no-keepalive", no_argument, NULL, 'n'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const int least[] = {1, 1, 1, 0, 0, 1};
    static const int most[] = {32767,   32767, 127,
                               INT_MAX, 65535, 1000000};
    const char *host = "127.0.0.1";
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
        if (option == 'a')
            host = optarg;
        else if (option == 'n')
            keepalive = 0;
        else if (option == 'q')
            quiet = 1;
        else
            want[option] = number(options[index].name, optarg,
                                  least[option], most[option]);
    }
    if (optind < argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
    return host;
}

int main(int argc, char **argv)
{
    begin_output();
    const char *host = parse(argc, argv);
    for (int i = 0; i <= CLIENTS; i++)
        polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    polled[0].fd = listen_on(host);
    if (polled[0].fd == -1)
        return 1;
    // If nobody reads what we print, the limit must hold all the same.
    alarm((unsigned)want[LIMIT] + 2);
    failed = introduce(host) == -1 || serve() == -1 || failed;
    for (int i = 0; i <= CLIENTS; i++)
        if (polled[i].fd != -1 && close(polled[i].fd) == -1) {
            warn("close");
            failed = 1;
        }
    return end_output(failed);
}
