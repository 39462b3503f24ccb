// fault: makes one call of a program fail, without any privilege.
//
//     LD_PRELOAD=fault.so FAULT=setsockopt:2:ENOMEM program ...
//
// The second setsockopt() of the program (or of its children: a fork
// inherits the count) fails with that error instead of being made.
//
//     FAULT_LOG=FILE      appends the name of each call watched here,
//                         and "failed" when it made one fail
//     FAULT_FDS=FILE      at the exit of each process, appends the
//                         number of sockets it leaves open
//
// tests/faults.bats uses it. A FAULT that makes no sense ends the
// program with status 99.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int calls; // of the function that FAULT names, so far

static void append(const char *variable, const char *line)
{
    const char *name = getenv(variable);
    if (name == NULL)
        return;
    int fd = open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd == -1 || write(fd, line, strlen(line)) == -1)
        _exit(99);
    close(fd);
}

// Is this the call that is to fail? Then errno is set.
static int fails(const char *function)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {{"EACCES", EACCES}, {"ENOMEM", ENOMEM}, {"ENOPROTOOPT", ENOPROTOOPT}};
    char line[64], name[32], error[32];
    int number;
    snprintf(line, sizeof line, "%s\n", function);
    append("FAULT_LOG", line);
    const char *fault = getenv("FAULT");
    if (fault == NULL)
        return 0;
    if (sscanf(fault, "%31[^:]:%d:%31s", name, &number, error) != 3)
        _exit(99);
    if (strcmp(name, function) != 0 || ++calls != number)
        return 0;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (strcmp(errors[i].name, error) == 0) {
            append("FAULT_LOG", "failed\n");
            errno = errors[i].number;
            return 1;
        }
    }
    _exit(99);
}

__attribute__((destructor)) static void report(void)
{
    int sockets = 0;
    for (int fd = 0; fd < 1024; fd++) {
        struct stat s;
        if (fstat(fd, &s) == 0 && S_ISSOCK(s.st_mode))
            sockets++;
    }
    char line[32];
    snprintf(line, sizeof line, "%d\n", sockets);
    append("FAULT_FDS", line);
}

// CALL(result, name, (parameters), (arguments), value on failure)
#define CALL(result, name, parameters, arguments, failure)              \
    result name parameters                                              \
    {                                                                   \
        static result(*real) parameters;                                \
        if (real == NULL)                                               \
            *(void **)&real = dlsym(RTLD_NEXT, #name);                  \
        return fails(#name) ? failure : real arguments;                 \
    }

CALL(int, socket, (int a, int b, int c), (a, b, c), -1)
CALL(int, bind, (int a, const struct sockaddr *b, socklen_t c), (a, b, c), -1)
CALL(int, listen, (int a, int b), (a, b), -1)
CALL(int, connect, (int a, const struct sockaddr *b, socklen_t c), (a, b, c), -1)
CALL(int, accept4, (int a, struct sockaddr *b, socklen_t *c, int d), (a, b, c, d), -1)
CALL(int, getsockname, (int a, struct sockaddr *b, socklen_t *c), (a, b, c), -1)
CALL(int, getsockopt, (int a, int b, int c, void *d, socklen_t *e), (a, b, c, d, e), -1)
CALL(int, setsockopt, (int a, int b, int c, const void *d, socklen_t e), (a, b, c, d, e), -1)
CALL(ssize_t, send, (int a, const void *b, size_t c, int d), (a, b, c, d), -1)
CALL(ssize_t, recv, (int a, void *b, size_t c, int d), (a, b, c, d), -1)
CALL(ssize_t, recvfrom, (int a, void *b, size_t c, int d, struct sockaddr *e, socklen_t *f), (a, b, c, d, e, f), -1)
CALL(int, getpeername, (int a, struct sockaddr *b, socklen_t *c), (a, b, c), -1)
CALL(int, poll, (struct pollfd * a, nfds_t b, int c), (a, b, c), -1)
CALL(int, signalfd, (int a, const sigset_t *b, int c), (a, b, c), -1)
CALL(int, pipe2, (int a[2], int b), (a, b), -1)
CALL(pid_t, fork, (void), (), -1)

// Variadic; what the programs ask for takes one argument more.
int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "ioctl");
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return fails("ioctl") ? -1 : real(fd, request, argument);
}
