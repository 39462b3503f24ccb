// keepalive: the same four settings on many systems: Linux, the BSDs,
// macOS, illumos, Solaris and Windows.
//
//     keepalive 60 10 6
//
// Makes a TCP socket, turns keepalive on, sets the idle time (seconds),
// the interval (seconds) and the count as far as this system lets a
// program, and prints each option with what it was set to and what the
// system says it is. Exit status: 0 all set, 1 a call failed, 2 wrong
// usage.

// tag::headers[]
#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>

#include <mstcpip.h>
#ifndef TCP_KEEPIDLE // the numbers stay, whatever a header knows
#define TCP_KEEPIDLE 3
#define TCP_KEEPINTVL 17
#define TCP_KEEPCNT 16
#endif
#else
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
typedef int SOCKET;
#define INVALID_SOCKET (-1)
#define closesocket close
#endif
// end::headers[]
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE, INTERVAL, COUNT, SETTINGS };

static const char usage[] =
    "usage: keepalive IDLE INTERVAL COUNT (seconds, seconds, probes)\n";

#ifdef _WIN32
static int last_error;
#endif

// Says which call failed, and why. Returns -1.
static int failure(const char *call, const char *name)
{
#ifdef _WIN32
    last_error = WSAGetLastError();
    fprintf(stderr, "keepalive: %s %s: error %d\n", call, name,
            last_error);
#else
    fprintf(stderr, "keepalive: %s %s: %s\n", call, name,
            strerror(errno));
#endif
    return -1;
}

// tag::put[]
// Sets one option, reads it back, and prints both.
static int put(SOCKET fd, int level, int option, const char *name,
               int value)
{
    int held = 0;
    socklen_t size = sizeof held;
    if (setsockopt(fd, level, option, (const void *)&value, // <1>
                   sizeof value) != 0)
        return failure("setsockopt", name);
    if (getsockopt(fd, level, option, (void *)&held, &size) != 0)
        return failure("getsockopt", name);
    printf("%-29s %5d, reads back as %d\n", name, value, held);
    return 0;
}
// end::put[]

// tag::units[]
// One second, in what the options for seconds count.
#if defined __DragonFly__ && __DragonFly_version < 500702
enum { SECOND = 1000 };
#else
enum { SECOND = 1 };
#endif
// end::units[]

// tag::idle[]
static int set_idle(SOCKET fd, int seconds)
{
#if defined TCP_KEEPIDLE // <1>
    return put(fd, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE",
               seconds * SECOND);
#elif defined TCP_KEEPALIVE_THRESHOLD // <2>
    return put(fd, IPPROTO_TCP, TCP_KEEPALIVE_THRESHOLD,
               "TCP_KEEPALIVE_THRESHOLD", seconds * 1000);
#elif defined TCP_KEEPALIVE // <3>
    return put(fd, IPPROTO_TCP, TCP_KEEPALIVE, "TCP_KEEPALIVE",
               seconds);
#else // <4>
    (void)fd;
    (void)seconds;
    printf("the idle time is the system's\n");
    return 0;
#endif
}
// end::idle[]

// tag::rest[]
static int set_rest(SOCKET fd, int interval, int count)
{
#if defined TCP_KEEPINTVL && defined TCP_KEEPCNT
    if (put(fd, IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL",
            interval * SECOND) == -1)
        return -1;
    return put(fd, IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT", count);
#elif defined TCP_KEEPALIVE_ABORT_THRESHOLD // <1>
    if (interval > INT_MAX / 1000 / count) {
        fprintf(stderr, "keepalive: interval and count: too long\n");
        return -1;
    }
    return put(fd, IPPROTO_TCP, TCP_KEEPALIVE_ABORT_THRESHOLD,
               "TCP_KEEPALIVE_ABORT_THRESHOLD",
               interval * count * 1000);
#else
    (void)fd;
    (void)interval;
    (void)count;
    printf("interval and count are the system's\n");
    return 0;
#endif
}
// end::rest[]

#ifdef _WIN32
// tag::windows[]
// For a Windows that does not know the options yet: idle time and
// interval in milliseconds, and the count is the system's.
static int set_old_way(SOCKET fd, const int *want)
{
    struct tcp_keepalive values = {
        .onoff = 1,
        .keepalivetime = (ULONG)want[IDLE] * 1000,
        .keepaliveinterval = (ULONG)want[INTERVAL] * 1000};
    DWORD done = 0;
    if (WSAIoctl(fd, SIO_KEEPALIVE_VALS, &values, sizeof values, NULL,
                 0, &done, NULL, NULL) != 0)
        return failure("WSAIoctl", "SIO_KEEPALIVE_VALS");
    printf("SIO_KEEPALIVE_VALS %lu ms, %lu ms; the count is the "
           "system's\n",
           values.keepalivetime, values.keepaliveinterval);
    return 0;
}
// end::windows[]
#endif

// tag::set[]
static int set_keepalive(SOCKET fd, const int *want)
{
    if (put(fd, SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE", 1) == -1)
        return -1;
    if (set_idle(fd, want[IDLE]) == 0)
        return set_rest(fd, want[INTERVAL], want[COUNT]);
#ifdef _WIN32
    if (last_error == WSAENOPROTOOPT)
        return set_old_way(fd, want);
#endif
    return -1;
}
// end::set[]

// A whole number from 1 to 32767, or exit status 2.
static int whole(const char *name, const char *text)
{
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || value < 1 ||
        value > 32767) {
        fprintf(stderr,
                "keepalive: %s '%s': not a whole number from 1 to "
                "32767\n",
                name, text);
        exit(2);
    }
    return (int)value;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"IDLE", "INTERVAL", "COUNT"};
    int want[SETTINGS] = {0};
    setvbuf(stdout, NULL, _IONBF, 0); // in order, also into a pipe
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        printf("%s", usage);
        return fflush(stdout) != 0;
    }
    if (argc != 1 + SETTINGS) {
        fprintf(stderr,
                "keepalive: three words are wanted, not '%s'\n%s",
                argc > 1 ? argv[argc - 1] : "", usage);
        return 2;
    }
    for (int i = 0; i < SETTINGS; i++)
        want[i] = whole(names[i], argv[1 + i]);
#ifdef _WIN32
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0) {
        fprintf(stderr, "keepalive: WSAStartup failed\n");
        return 1;
    }
#endif
    SOCKET fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == INVALID_SOCKET) {
        failure("socket", "AF_INET");
        return 1;
    }
    int status = set_keepalive(fd, want) == -1;
    if (closesocket(fd) != 0) {
        failure("close", "socket");
        status = 1;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "keepalive: standard output: cannot write\n");
        status = 1;
    }
    return status;
}
