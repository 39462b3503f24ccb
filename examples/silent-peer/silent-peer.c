// silent-peer: a TCP peer that goes deaf, as if its cable were pulled.
//
//     silent-peer --port 7000
//     silent-peer --hear-at 2 -- detect {host} {port}
//
// Alone it serves clients until it is interrupted. Around a command it
// picks a free port, puts its address and port where the command says
// {host} and {port}, and ends with the command. The times count from
// the moment a client connects; without one it is deaf from the start.
// At the limit, or when interrupted, it ends the command (but not what
// the command has started).
//
// Exit status: the command's, or 128 and the signal that ended it; if
// interrupted, 0 alone and 128 and the signal around a command; 1 a
// failed call or the limit passed; 2 wrong usage.

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

// What happens to a connection, in this order, and other settings.
enum { DEAF, HEAR, REBOOT, CLOSE, EVENTS, PORT = EVENTS, LIMIT, LAST };
enum { NEVER = -1, CLIENTS = 1000 };
static int want[LAST] = {
    [DEAF] = NEVER,  [HEAR] = NEVER, [REBOOT] = NEVER,
    [CLOSE] = NEVER, [PORT] = 0,     [LIMIT] = 3600};
static const char *const event_names[EVENTS] = {
    "deaf", "hears again", "back without memory", "closes"};

static pid_t command; // 0: there is none, the peer is alone
static struct client {
    double since; // when it connected
    int next; // the next event
    struct sockaddr_storage address;
} clients[CLIENTS];

// What is waited for: signals, the listener, each client.
enum { SIGNALS, LISTENER, FIRST };
static struct pollfd polled[FIRST + CLIENTS];
static int reads = 1; // is what clients send read?

static const char usage[] =
    "usage: silent-peer [OPTION...] [COMMAND {host} {port}]";

static void help(void)
{
    printf("%s\n"
           "  --host ADDRESS  where to listen, 127.0.0.1\n"
           "  --port N        on which port, %d: a free one\n"
           "  --deaf-at S     hear and say nothing more, 0\n"
           "  --hear-at S     hear and speak again\n"
           "  --reboot-at S   come back without memory\n"
           "  --close-at S    close, and do not go deaf before\n"
           "  --no-read       read nothing of what comes\n"
           "  --limit S       how long to serve, %d\n",
           usage, want[PORT], want[LIMIT]);
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
        warn("setsockopt TCP_MD5SIG (no peer can go deaf without it)");
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

static void drop(int i)
{
    if (close(polled[FIRST + i].fd) == -1)
        warn("close");
    polled[FIRST + i].fd = -1;
}

// tag::event[]
// Lets the next event of client i happen.
static int happen(int i)
{
    struct client *c = &clients[i];
    int event = c->next++;
    if (event == DEAF || event == HEAR)
        if (set_deaf(polled[FIRST + i].fd, &c->address,
                     event == DEAF) == -1)
            return -1;
    if (command == 0 || want[event] > 0)
        printf("peer: %s after %.1f s, predicted %d s\n",
               event_names[event], now() - c->since, want[event]);
    if (event == REBOOT || event == CLOSE) // <1>
        drop(i);
    return 0;
}

// Lets happen what is due. Returns when the next event is due, at most
// `until`, or -1 after a message.
static double act(double until)
{
    for (int i = 0; i < CLIENTS; i++) {
        struct client *c = &clients[i];
        while (polled[FIRST + i].fd != -1 && c->next < EVENTS) {
            double due = c->since + want[c->next];
            if (want[c->next] == NEVER) {
                c->next++;
            } else if (due > now()) {
                until = due < until ? due : until;
                break;
            } else if (happen(i) == -1) {
                return -1;
            }
        }
    }
    return until;
}
// end::event[]

// Takes the next client, if there is room for one.
static int admit(void)
{
    struct client new = {0};
    socklen_t size = sizeof new.address;
    int fd =
        accept4(polled[LISTENER].fd, (struct sockaddr *)&new.address,
                &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd == -1) {
        if (errno == ECONNABORTED || errno == EINTR || errno == EAGAIN)
            return 0;
        warn("accept4");
        return -1;
    }
    new.since = now();
    for (int i = 0; i < CLIENTS; i++) {
        if (polled[FIRST + i].fd == -1) {
            clients[i] = new;
            polled[FIRST + i].fd = fd;
            polled[FIRST + i].events = reads ? POLLIN : 0;
            if (command == 0)
                printf("peer: a client connects\n");
            return 0;
        }
    }
    warnx("one client too many: %d are connected", CLIENTS);
    close(fd);
    return 0;
}

// Reads and throws away what client i sends.
static int hear(int i)
{
    char bytes[4096];
    ssize_t got = recv(polled[FIRST + i].fd, bytes, sizeof bytes, 0);
    if (got > 0 || (got == -1 && (errno == EAGAIN || errno == EINTR)))
        return 0;
    if (got == -1 && errno != ECONNRESET && errno != ETIMEDOUT) {
        warn("recv");
        return -1;
    }
    drop(i);
    return 0;
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

// Starts the command, with the signals as we found them. If we are
// killed, the kernel kills it.
static pid_t run(char **words, const sigset_t *found)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == -1)
        warn("fork");
    if (child != 0)
        return child;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        warn("prctl PR_SET_PDEATHSIG");
    else if (getppid() != parent)
        _exit(1);
    else if (sigprocmask(SIG_SETMASK, found, NULL) == -1)
        warn("sigprocmask");
    else {
        execvp(words[0], words);
        warn("cannot run '%s'", words[0]);
    }
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
        struct timespec patience = {.tv_nsec = 100000000};
        if (now() > until)
            kill(command, SIGKILL);
        sigtimedwait(&ended, NULL, &patience);
    }
}

// What a signal means: an exit status, or -1 to go on.
static int heed(void)
{
    struct signalfd_siginfo signal = {0};
    int status = 0;
    if (read(polled[SIGNALS].fd, &signal, sizeof signal) == -1) {
        warn("read");
        return 1;
    }
    if (signal.ssi_signo != SIGCHLD)
        return command == 0 ? 0 : 128 + (int)signal.ssi_signo;
    if (command == 0 || waitpid(command, &status, WNOHANG) != command)
        return -1;
    command = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status)
                             : 128 + WTERMSIG(status);
}

// Serves until the command ends, a signal comes or the limit passes.
// Returns the exit status.
static int serve(void)
{
    double end = now() + want[LIMIT];
    for (;;) {
        double next = act(end);
        if (next == -1)
            return 1;
        double left = next - now();
        if (end <= now()) {
            warnx("stopped after %d s, the limit", want[LIMIT]);
            return 1;
        }
        if (poll(polled, FIRST + CLIENTS,
                 left > 0 ? (int)(left * 1000) + 1 : 0) == -1) {
            if (errno == EINTR)
                continue;
            warn("poll");
            return 1;
        }
        for (int i = 0; i < CLIENTS; i++)
            if (polled[FIRST + i].fd != -1 &&
                polled[FIRST + i].revents != 0 && hear(i) == -1)
                return 1;
        if (polled[LISTENER].revents != 0 && admit() == -1)
            return 1;
        int status = polled[SIGNALS].revents != 0 ? heed() : -1;
        if (status != -1)
            return status;
    }
}

static int listen_on(const char *host)
{
    char port[16] = "";
    snprintf(port, sizeof port, "%d", want[PORT]);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *a = NULL;
    int failed = getaddrinfo(host, port, &hints, &a);
    if (failed != 0)
        errx(1, "%s: %s", host, gai_strerror(failed));
    int on = 1;
    int done = 0;
    int fd = socket(a->ai_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd == -1)
        warn("socket");
    else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ==
             -1)
        warn("setsockopt SO_REUSEADDR");
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

// Where the listener is, as numbers; and whether its peers can go deaf.
static int prepare(int listener, char *host, char *port)
{
    struct sockaddr_storage bound = {0};
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
    if (want[DEAF] != NEVER && (set_deaf(listener, &bound, 1) == -1 ||
                                set_deaf(listener, &bound, 0) == -1))
        return -1;
    return 0;
}

// Keeps the signals that matter for the descriptor it returns; those
// that were ignored when we were started stay so (nohup).
static int catch_signals(sigset_t *found)
{
    static const int matter[] = {SIGHUP, SIGINT, SIGTERM};
    sigset_t caught;
    sigemptyset(&caught);
    sigaddset(&caught, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < sizeof matter / sizeof *matter; i++) {
        struct sigaction was = {0};
        if (sigaction(matter[i], NULL, &was) == 0 &&
            was.sa_handler != SIG_IGN)
            sigaddset(&caught, matter[i]);
    }
    if (sigprocmask(SIG_BLOCK, &caught, found) == -1) {
        warn("sigprocmask");
        return -1;
    }
    int signals = signalfd(-1, &caught, SFD_CLOEXEC);
    if (signals == -1)
        warn("signalfd");
    return signals;
}

// Starts the command, if there is one, and serves until it ends.
static int play(char **words, const sigset_t *found)
{
    char host[NI_MAXHOST] = "";
    char port[NI_MAXSERV] = "";
    if (prepare(polled[LISTENER].fd, host, port) == -1)
        return 1;
    if (words[0] == NULL) {
        printf("peer: listening on %s port %s\n", host, port);
        return serve();
    }
    if (want[DEAF] == 0)
        printf("peer: deaf from the start\n");
    for (char **word = words; *word != NULL; word++)
        *word = fill(*word, host, port);
    command = run(words, found);
    if (command == -1)
        return 1;
    int status = serve();
    if (command > 0)
        stop();
    return status;
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
        {"no-read", no_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *host = "127.0.0.1";
    int option = 0;
    int index = 0;
    while ((option = getopt_long(argc, argv, "+", options, &index)) !=
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
            reads = 0;
        else
            want[option] =
                number(options[index].name, optarg, option == LIMIT,
                       option == PORT ? 65535 : 1000000);
    }
    int deaf = want[DEAF], hear_at = want[HEAR];
    int reboot = want[REBOOT], close_at = want[CLOSE];
    if (hear_at != NEVER && reboot != NEVER)
        errx(2, "--hear-at and --reboot-at exclude each other");
    if (close_at != NEVER && reboot != NEVER)
        errx(2, "--close-at and --reboot-at exclude each other");
    if (deaf == NEVER && (close_at == NEVER || hear_at != NEVER))
        deaf = want[DEAF] = 0;
    if (hear_at != NEVER && hear_at < deaf)
        errx(2, "--hear-at %d: the peer is not deaf then", hear_at);
    if (reboot != NEVER && reboot < deaf)
        errx(2, "--reboot-at %d: the peer is not deaf then", reboot);
    if (close_at != NEVER && deaf != NEVER &&
        (hear_at == NEVER || close_at < hear_at))
        errx(2, "--close-at %d: the peer is deaf then", close_at);
    return host;
}

int main(int argc, char **argv)
{
    begin_output();
    const char *host = parse(argc, argv);
    sigset_t found;
    int status = 1;
    for (int i = 0; i < FIRST + CLIENTS; i++)
        polled[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    polled[LISTENER].fd = listen_on(host);
    if (polled[LISTENER].fd == -1)
        return 1;
    polled[SIGNALS].fd = catch_signals(&found);
    if (polled[SIGNALS].fd != -1) {
        // If nobody reads what we print, the limit must hold all the
        // same.
        alarm((unsigned)want[LIMIT] + 5);
        status = play(argv + optind, &found);
    }
    for (int i = 0; i < FIRST + CLIENTS; i++)
        if (polled[i].fd != -1)
            close(polled[i].fd);
    return end_output(status);
}
