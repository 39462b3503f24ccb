// keepalive-preload: a library that turns keepalive on in a program
// that has no option for it and cannot be changed.
//
//     cc -shared -fPIC -o keepalive-preload.so keepalive-preload.c
//     LD_PRELOAD=./keepalive-preload.so KEEPALIVE_IDLE=60 PROGRAM
//
// It stands before connect(), listen(), accept() and accept4() of the C
// library, and sets the options on each TCP socket that passes through.
// From the environment, each of them optional:
//
//     KEEPALIVE_IDLE          idle time in seconds, 1 to 32767
//     KEEPALIVE_INTERVAL      interval in seconds, 1 to 32767
//     KEEPALIVE_COUNT         unanswered probes, 1 to 127
//     KEEPALIVE_USER_TIMEOUT  user timeout in milliseconds
//
// What is not such a number is reported to standard error when the
// program starts, and not used. Of the calls nothing else changes: not
// errno, not a result, not a descriptor; but a user timeout also limits
// how long connect() waits.

#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 // include/uapi/linux/in.h, since Linux 5.6
#endif

// What to set; 0 leaves it to the system or to the program.
static struct setting {
    const char *variable;
    int option;
    int most;
    int value;
} settings[] = {
    {"KEEPALIVE_IDLE", TCP_KEEPIDLE, 32767, 0},
    {"KEEPALIVE_INTERVAL", TCP_KEEPINTVL, 32767, 0},
    {"KEEPALIVE_COUNT", TCP_KEEPCNT, 127, 0},
    {"KEEPALIVE_USER_TIMEOUT", TCP_USER_TIMEOUT, INT_MAX, 0},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

// The C library's own functions, which ours stand before.
static int (*real_connect)(int, const struct sockaddr *, socklen_t);
static int (*real_listen)(int, int);
static int (*real_accept)(int, struct sockaddr *, socklen_t *);
static int (*real_accept4)(int, struct sockaddr *, socklen_t *, int);

static void find(const char *name, void *pointer)
{
    *(void **)pointer = dlsym(RTLD_NEXT, name);
    if (*(void **)pointer == NULL) {
        dprintf(2, "keepalive-preload: there is no %s()\n", name);
        abort();
    }
}

// tag::prepare[]
// One setting from the environment.
static void read_setting(struct setting *s)
{
    const char *text = getenv(s->variable);
    char *end = NULL;
    if (text == NULL)
        return;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && *end == '\0' && errno == 0 &&
        value >= 1 && value <= s->most)
        s->value = (int)value;
    else
        dprintf(2,
                "keepalive-preload: %s '%.40s': not a whole number "
                "from 1 to %d, not used\n",
                s->variable, text, s->most);
}

static void prepare(void)
{
    find("connect", &real_connect);
    find("listen", &real_listen);
    find("accept", &real_accept);
    find("accept4", &real_accept4);
    for (int i = 0; i < SETTINGS; i++)
        read_setting(&settings[i]);
}

// Before main(), or earlier if a library connects while it is loaded.
__attribute__((constructor)) static void ready(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    int saved = errno;
    pthread_once(&once, prepare); // <1>
    errno = saved;
}
// end::prepare[]

// tag::tune[]
// Sets the options on a TCP socket. What the kernel refuses is left as
// it is: the program must work as it would without us.
static void tune(int fd)
{
    int saved = errno;
    int family = 0;
    int protocol = 0;
    int type = 0;
    int on = 1;
    socklen_t size = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 &&
        getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) ==
            0 &&
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
        type == SOCK_STREAM &&
        (family == AF_INET || family == AF_INET6) && // <1>
        (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP)) {
        for (int i = 0; i < SETTINGS; i++)
            if (settings[i].value != 0)
                setsockopt(fd, IPPROTO_TCP, settings[i].option,
                           &settings[i].value, sizeof(int));
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    errno = saved;
}
// end::tune[]

// The C library declares the addresses as a union of all their types.
#pragma GCC diagnostic ignored "-Wpedantic"

// tag::before[]
int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    ready();
    tune(fd);
    return real_connect(fd, address, size);
}

int listen(int fd, int backlog)
{
    ready();
    tune(fd); // <1>
    return real_listen(fd, backlog);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size,
            int flags)
{
    ready();
    int accepted = real_accept4(fd, address, size, flags);
    if (accepted != -1)
        tune(accepted); // <2>
    return accepted;
}
// end::before[]

int accept(int fd, struct sockaddr *address, socklen_t *size)
{
    ready();
    int accepted = real_accept(fd, address, size);
    if (accepted != -1)
        tune(accepted);
    return accepted;
}
