// silent-peer: a TCP peer that goes deaf, as if its cable were pulled.
//
//     silent-peer --port 7000
//     silent-peer --hear-at 2 -- detect {host} {port}
//
// Alone it serves clients until it is interrupted. Around a command it
// picks a free port, puts its address and port where the command says
// {host} and {port}, and ends with the command. The times count from
// the moment a client connects; without one it is deaf from the start.
//
// Exit status: the command's, or 128 and the signal that ended it;
// alone 0 when interrupted; 1 a failed call or the limit passed; 2
// wrong usage.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEAF, HEAR, REBOOT, CLOSE, EVENTS };
enum { PORT = EVENTS, LIMIT, SETTINGS, NEVER = -1 };
static int s[SETTINGS] = {NEVER, NEVER, NEVER, NEVER, 0, 3600};
static const char *const event_names[EVENTS] = {
    "deaf", "hears again", "back without memory", "closes"};
static pid_t command; // 0: there is none, the peer is alone

// A pipe in which nobody writes: its end is the end of this program.
static int lifeline[2];

static void usage(FILE *to)
{
    fprintf(to,
            "usage: silent-peer [OPTION...] [COMMAND {host} {port}]\n"
            "  --host ADDRESS  where to listen, 127.0.0.1\n"
            "  --port N        on which port, %d: a free one\n"
            "  --deaf-at S     hear and say nothing more, 0\n"
            "  --hear-at S     hear and speak again\n"
            "  --reboot-at S   come back without memory\n"
            "  --close-at S    close, and do not go deaf before\n"
            "  --limit S       how long to serve, %d\n",
            s[PORT], s[LIMIT]);
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

// tag::deaf[]
// Makes a connection deaf and dumb: it gets a TCP MD5 key that the
// client does not have, so this kernel drops all that the client
// sends, and the client's kernel all that we send. No key, and both
// hear each other again.
static int set_deaf(int fd, const struct sockaddr_storage *client,
                    int deaf)
{
    struct tcp_md5sig key = {.tcpm_addr = *client}; // <1>
    struct linger silent = {.l_onoff = deaf, .l_linger = 0};
    if (deaf) {
        key.tcpm_keylen = 6;
        memcpy(key.tcpm_key, "secret", 6);
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, // <2>
                   sizeof key) == -1) {
        warn("setsockopt TCP_MD5SIG");
        if (errno == ENOPROTOOPT || errno == EPERM)
            warnx("this kernel has no TCP_MD5SIG, or forbids MD5, so "
                  "no peer can go deaf here");
        return -1;
    }
    // A deaf host also dies in silence: no orderly FIN is left behind.
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &silent, // <3>
                   sizeof silent) == -1) {
        warn("setsockopt SO_LINGER");
        return -1;
    }
    return 0;
}
// end::deaf[]

// Reads and throws away what the client sends, until the time comes.
// Returns 1 then, 0 when the connection has ended, -1 after a message.
static int hear_until(int fd, double until)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLIN},
                         {.fd = lifeline[0], .events = POLLIN}};
    for (;;) {
        char bytes[4096];
        double left = until - now();
        if (left <= 0)
            return 1;
        if (poll(p, 2, (int)(left * 1000) + 1) == -1) {
            warn("poll");
            return -1;
        }
        if (p[1].revents != 0)
            return 0;
        if (p[0].revents != 0 && recv(fd, bytes, sizeof bytes, 0) <= 0)
            return 0;
    }
}

// tag::life[]
// The life of one connection: each event at its time.
static int live(int fd, const struct sockaddr_storage *client)
{
    double start = now();
    int going = 1;
    for (int event = DEAF; event < EVENTS && going == 1; event++) {
        if (s[event] == NEVER)
            continue;
        going = hear_until(fd, start + s[event]);
        if (going != 1)
            break;
        if (event == DEAF || event == HEAR)
            going = set_deaf(fd, client, event == DEAF) == -1 ? -1 : 1;
        else
            going = 0; // <1>
        if (going != -1 && (command == 0 || s[event] > 0))
            printf("peer: %s after %.1f s, predicted %d s\n",
                   event_names[event], now() - start, s[event]);
    }
    if (going == 1)
        going = hear_until(fd, start + s[LIMIT]);
    if (close(fd) == -1) {
        warn("close");
        going = -1;
    }
    return going == -1;
}
// end::life[]

// Takes the next client; each has a process of its own.
static int admit(int listener)
{
    struct sockaddr_storage client = {0};
    socklen_t size = sizeof client;
    int fd = accept4(listener, (struct sockaddr *)&client, &size,
                     SOCK_CLOEXEC);
    if (fd == -1) {
        warn("accept4");
        return -1;
    }
    if (command == 0)
        printf("peer: a client connects\n");
    pid_t child = fork();
    if (child == 0) {
        close(lifeline[1]);
        close(listener);
        exit(live(fd, &client));
    }
    if (child == -1)
        warn("fork");
    close(fd);
    return child == -1 ? -1 : 0;
}

// Puts host and port where an argument says {host} and {port}.
static char *fill(const char *argument, const char *host,
                  const char *port)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        err(1, "open_memstream");
    while (*argument != '\0') {
        if (strncmp(argument, "{host}", 6) == 0) {
            fputs(host, out);
            argument += 6;
        } else if (strncmp(argument, "{port}", 6) == 0) {
            fputs(port, out);
            argument += 6;
        } else {
            fputc(*argument++, out);
        }
    }
    if (fclose(out) == EOF)
        err(1, "open_memstream");
    return text;
}

// Starts the command, with the signals that we keep from ourselves. If
// we are killed, the kernel kills it.
static pid_t run(char **words, const sigset_t *blocked)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0) {
        if (child == -1)
            warn("fork");
        return child;
    }
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
        sigprocmask(SIG_UNBLOCK, blocked, NULL) == 0)
        execvp(words[0], words);
    warn("%s", words[0]);
    _exit(1);
}

// Ends the command: asks, and after two seconds insists.
static void stop(void)
{
    sigset_t ended;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    double until = now() + 2;
    kill(command, SIGTERM);
    while (waitpid(command, NULL, WNOHANG) == 0) {
        double left = until - now();
        struct timespec patience = {.tv_nsec = 100000000};
        if (left <= 0)
            kill(command, SIGKILL);
        sigtimedwait(&ended, NULL, &patience);
    }
}

// Takes clients until the command ends, a signal comes or the limit
// passes. Returns the exit status.
static int serve(int listener, int signals)
{
    double end = now() + s[LIMIT];
    for (;;) {
        struct pollfd p[] = {{.fd = signals, .events = POLLIN},
                             {.fd = listener, .events = POLLIN}};
        double left = end - now();
        if (left <= 0) {
            warnx("stopped after %d s, the limit", s[LIMIT]);
            return 1;
        }
        if (poll(p, 2, (int)(left * 1000) + 1) == -1) {
            warn("poll");
            return 1;
        }
        if (p[1].revents != 0 && admit(listener) == -1)
            return 1;
        if (p[0].revents == 0)
            continue;
        struct signalfd_siginfo signal;
        if (read(signals, &signal, sizeof signal) == -1) {
            warn("read");
            return 1;
        }
        if (signal.ssi_signo != SIGCHLD)
            return command != 0; // interrupted
        int status;
        pid_t child;
        while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
            if (child == command) {
                command = 0;
                return WIFEXITED(status) ? WEXITSTATUS(status)
                                         : 128 + WTERMSIG(status);
            }
            if (status != 0)
                return 1;
        }
    }
}

static int listen_on(const char *host)
{
    char port[16];
    snprintf(port, sizeof port, "%d", s[PORT]);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a;
    int failed = getaddrinfo(host, port, &hints, &a);
    if (failed != 0)
        errx(1, "%s: %s", host, gai_strerror(failed));
    failed = 1;
    int on = 1;
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd == -1)
        warn("socket");
    else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ==
             -1)
        warn("setsockopt SO_REUSEADDR");
    else if (bind(fd, a->ai_addr, a->ai_addrlen) == -1)
        warn("bind %s port %d", host, s[PORT]);
    else if (listen(fd, SOMAXCONN) == -1)
        warn("listen");
    else
        failed = 0;
    freeaddrinfo(a);
    if (failed == 0)
        return fd;
    if (fd != -1)
        close(fd);
    return -1;
}

static const char *parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"deaf-at", required_argument, NULL, DEAF},
        {"hear-at", required_argument, NULL, HEAR},
        {"reboot-at", required_argument, NULL, REBOOT},
        {"close-at", required_argument, NULL, CLOSE},
        {"port", required_argument, NULL, PORT},
        {"limit", required_argument, NULL, LIMIT},
        {"host", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *host = "127.0.0.1";
    int letter, which;
    while ((letter = getopt_long(argc, argv, "+", options, &which)) !=
           -1) {
        if (letter == 'h') {
            usage(stdout);
            exit(0);
        }
        if (letter == '?') {
            usage(stderr);
            exit(2);
        }
        if (letter == 'a')
            host = optarg;
        else
            s[letter] =
                number(options[which].name, optarg, letter == LIMIT,
                       letter == PORT ? 65535 : 1000000);
    }
    if (s[DEAF] == NEVER && (s[CLOSE] == NEVER || s[HEAR] != NEVER))
        s[DEAF] = 0;
    if (s[HEAR] != NEVER && s[REBOOT] != NEVER)
        errx(2, "--hear-at and --reboot-at exclude each other");
    if (s[HEAR] != NEVER && (s[DEAF] == NEVER || s[HEAR] < s[DEAF]))
        errx(2, "--hear-at %d: the peer is not deaf then", s[HEAR]);
    if (s[REBOOT] != NEVER && (s[DEAF] == NEVER || s[REBOOT] < s[DEAF]))
        errx(2, "--reboot-at %d: the peer is not deaf then", s[REBOOT]);
    if (s[CLOSE] != NEVER && (s[CLOSE] < s[DEAF] || s[CLOSE] < s[HEAR]))
        errx(2, "--close-at %d: it is to go on after that", s[CLOSE]);
    return host;
}

// Where the listener is, as numbers.
static int name_of(int listener, char *host, char *port)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(listener, (struct sockaddr *)&bound, &size) == -1) {
        warn("getsockname");
        return -1;
    }
    int failed =
        getnameinfo((struct sockaddr *)&bound, size, host, NI_MAXHOST,
                    port, NI_MAXSERV, NI_NUMERICHOST | NI_NUMERICSERV);
    if (failed != 0) {
        warnx("getnameinfo: %s", gai_strerror(failed));
        return -1;
    }
    return 0;
}

// Keeps the signals that matter for the descriptor it returns.
static int catch_signals(sigset_t *caught)
{
    sigemptyset(caught);
    sigaddset(caught, SIGCHLD);
    sigaddset(caught, SIGHUP);
    sigaddset(caught, SIGINT);
    sigaddset(caught, SIGTERM);
    if (sigprocmask(SIG_BLOCK, caught, NULL) == -1) {
        warn("sigprocmask");
        return -1;
    }
    int signals = signalfd(-1, caught, SFD_CLOEXEC);
    if (signals == -1)
        warn("signalfd");
    return signals;
}

// Starts the command, if there is one, and serves until it ends.
static int play(int listener, int signals, const sigset_t *caught,
                char **words)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (name_of(listener, host, port) == -1)
        return 1;
    if (words[0] == NULL) {
        printf("peer: listening on %s port %s\n", host, port);
        return serve(listener, signals);
    }
    if (s[DEAF] == 0)
        printf("peer: deaf from the start\n");
    for (char **word = words; *word != NULL; word++)
        *word = fill(*word, host, port);
    command = run(words, caught);
    int status = 1;
    if (command != -1)
        status = serve(listener, signals);
    if (command > 0)
        stop();
    for (char **word = words; *word != NULL; word++)
        free(*word);
    return status;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *host = parse(argc, argv);
    int listener = listen_on(host);
    if (listener == -1)
        return 1;
    int status = 1;
    sigset_t caught;
    int signals = catch_signals(&caught);
    if (signals != -1) {
        if (pipe2(lifeline, O_CLOEXEC) == -1) {
            warn("pipe2");
        } else {
            status = play(listener, signals, &caught, argv + optind);
            close(lifeline[1]); // and the clients' processes end
            int ended;
            while (waitpid(-1, &ended, 0) > 0)
                if (ended != 0)
                    status = 1; // its process has said why
            close(lifeline[0]);
        }
        close(signals);
    }
    close(listener);
    return status;
}
