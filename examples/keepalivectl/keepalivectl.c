// keepalivectl: shows the keepalive of sockets that other programs have
// open, and sets it, while they run.
//
//     keepalivectl --without
//     keepalivectl --peer :5432 --idle 60 --interval 10 --count 6
//
// It takes a duplicate of the descriptor by pidfd_getfd() (Linux 5.6),
// which needs the right to trace the process. Without anything to set
// it only reads. Exit status: 0 done, 1 not or not all (the message
// says why), 2 wrong usage.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262 // include/uapi/linux/in.h, since Linux 5.6
#endif

// What to set; -1 leaves it as it is.
enum { ON, IDLE, INTERVAL, COUNT, USER_TIMEOUT, SETTINGS };
static const struct setting {
    int level;
    int option;
    const char *name;
} settings[SETTINGS] = {
    [ON] = {SOL_SOCKET, SO_KEEPALIVE, "SO_KEEPALIVE"},
    [IDLE] = {IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE"},
    [INTERVAL] = {IPPROTO_TCP, TCP_KEEPINTVL, "TCP_KEEPINTVL"},
    [COUNT] = {IPPROTO_TCP, TCP_KEEPCNT, "TCP_KEEPCNT"},
    [USER_TIMEOUT] = {IPPROTO_TCP, TCP_USER_TIMEOUT,
                      "TCP_USER_TIMEOUT"},
};
static int want[SETTINGS] = {-1, -1, -1, -1, -1};
static int dry_run;
static int quiet;

// Which sockets.
struct end {
    int given;
    int any_address;
    struct in6_addr address; // IPv4 as ::ffff:a.b.c.d
    int port; // 0: any
};
static struct end local;
static struct end peer;
static int only_pid = -1;
static int only_fd = -1;
static int without;
static int everything;

// What has come of it.
static int found;
static int failed;
static int forbidden; // processes that may not be looked into

static const char usage[] = "usage: keepalivectl [OPTION...]";
static const char rights[] =
    "it takes the same user, and a kernel.yama.ptrace_scope of 0, or "
    "CAP_SYS_PTRACE";

static void help(void)
{
    printf("%s\n"
           "Lists the TCP sockets of all processes, or of some:\n"
           "  --pid PID          of this process\n"
           "  --fd N             this descriptor of it\n"
           "  --local [ADDR]:N   with this address or port here\n"
           "  --peer [ADDR]:N    with this address or port there\n"
           "  --without          on which keepalive is off\n"
           "Sets keepalive on them:\n"
           "  --idle S           idle time\n"
           "  --interval S       interval\n"
           "  --count N          unanswered probes\n"
           "  --on               with the values that they have\n"
           "  --off              turns it off\n"
           "  --user-timeout MS  user timeout\n"
           "  --dry-run          only says what it would set\n"
           "  --quiet            says nothing but what went wrong\n"
           "  --all              yes, on all of all processes\n",
           usage);
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

// tag::take[]
// A duplicate of another process's descriptor: the same socket, so what
// is set on it is set for that process. Returns -1 with errno.
static int take(int process, int fd)
{
    return (int)syscall(SYS_pidfd_getfd, process, fd, 0); // <1>
}

static int open_process(int pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0); // <2>
}
// end::take[]

// An address of a socket, IPv4 in the form that IPv6 has for it.
static int ask_end(int fd,
                   int (*ask)(int, struct sockaddr *, socklen_t *),
                   struct end *e)
{
    struct sockaddr_storage raw = {0};
    socklen_t size = sizeof raw;
    *e = (struct end){0};
    if (ask(fd, (struct sockaddr *)&raw, &size) == -1)
        return -1;
    if (raw.ss_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, &raw, sizeof six);
        e->address = six.sin6_addr;
        e->port = ntohs(six.sin6_port);
    } else {
        struct sockaddr_in four;
        memcpy(&four, &raw, sizeof four);
        e->address.s6_addr[10] = e->address.s6_addr[11] = 0xff;
        memcpy(&e->address.s6_addr[12], &four.sin_addr, 4);
        e->port = ntohs(four.sin_port);
    }
    e->given = 1;
    return 0;
}

static int matches(const struct end *filter, const struct end *e)
{
    return !filter->given ||
           (e->given &&
            (filter->port == 0 || filter->port == e->port) &&
            (filter->any_address ||
             IN6_ARE_ADDR_EQUAL(&filter->address, &e->address)));
}

// ADDRESS:PORT, [ADDRESS]:PORT, :PORT or ADDRESS. No names: the kernel
// has none.
static void parse_end(const char *name, const char *text, struct end *e)
{
    char address[INET6_ADDRSTRLEN] = "";
    struct in_addr four;
    const char *colon = strrchr(text, ':');
    const char *start = text;
    size_t length = strlen(text);
    if (text[0] == '[') {
        start = text + 1;
        length = strcspn(start, "]");
        if (start[length] != ']' ||
            (start[length + 1] != '\0' && start[length + 1] != ':'))
            errx(2, "%s '%s': not an address and a port", name, text);
        colon = start[length + 1] == ':' ? start + length + 1 : NULL;
    } else if (colon != NULL && strchr(text, ':') == colon) {
        length = (size_t)(colon - text);
    } else {
        colon = NULL; // IPv6 without brackets has no port
    }
    if (length < sizeof address)
        memcpy(address, start, length);
    *e = (struct end){.given = 1};
    e->any_address = length == 0 && colon != NULL && text[0] != '[';
    if (colon != NULL)
        e->port = number(name, colon + 1, 1, 65535);
    if (inet_pton(AF_INET, address, &four) == 1) {
        e->address.s6_addr[10] = e->address.s6_addr[11] = 0xff;
        memcpy(&e->address.s6_addr[12], &four, 4);
    } else if (inet_pton(AF_INET6, address, &e->address) != 1 &&
               !e->any_address) {
        errx(2, "%s '%s': not an address and a port", name, text);
    }
}

static const char *end_text(const struct end *e, char *text,
                            size_t size)
{
    char address[INET6_ADDRSTRLEN] = "?";
    if (!e->given)
        return "-";
    if (IN6_IS_ADDR_V4MAPPED(&e->address))
        inet_ntop(AF_INET, &e->address.s6_addr[12], address,
                  sizeof address);
    else
        inet_ntop(AF_INET6, &e->address, address, sizeof address);
    snprintf(text, size,
             IN6_IS_ADDR_V4MAPPED(&e->address) ? "%s:%d" : "[%s]:%d",
             address, e->port);
    return text;
}

// As ss names them.
static const char *state(int fd)
{
    static const char *const names[] = {
        [TCP_ESTABLISHED] = "ESTAB",    [TCP_SYN_SENT] = "SYN-SENT",
        [TCP_SYN_RECV] = "SYN-RECV",    [TCP_FIN_WAIT1] = "FIN-WAIT-1",
        [TCP_FIN_WAIT2] = "FIN-WAIT-2", [TCP_TIME_WAIT] = "TIME-WAIT",
        [TCP_CLOSE] = "UNCONN",         [TCP_CLOSE_WAIT] = "CLOSE-WAIT",
        [TCP_LAST_ACK] = "LAST-ACK",    [TCP_LISTEN] = "LISTEN",
        [TCP_CLOSING] = "CLOSING",
    };
    struct tcp_info info = {0};
    socklen_t size = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == -1) {
        warn("getsockopt TCP_INFO");
        failed = 1;
    }
    if (info.tcpi_state == 0 ||
        info.tcpi_state >= sizeof names / sizeof *names)
        return "?";
    return names[info.tcpi_state];
}

// Reads an option that not every socket has: then it is -1.
static int read_option_if_any(int fd, const struct setting *s)
{
    int value = -1;
    socklen_t size = sizeof value;
    if (getsockopt(fd, s->level, s->option, &value, &size) == 0)
        return value;
    if (errno != ENOPROTOOPT && errno != EOPNOTSUPP &&
        errno != ENOTSOCK && errno != EBADF) { // O_PATH
        warn("getsockopt %s", s->name);
        failed = 1;
    }
    return -1;
}

// Is it a TCP socket? Only those have keepalive; MPTCP counts.
static int is_tcp(int fd)
{
    static const struct setting family = {SOL_SOCKET, SO_DOMAIN,
                                          "SO_DOMAIN"};
    static const struct setting protocol = {SOL_SOCKET, SO_PROTOCOL,
                                            "SO_PROTOCOL"};
    static const struct setting type = {SOL_SOCKET, SO_TYPE, "SO_TYPE"};
    int f = read_option_if_any(fd, &family);
    int p = read_option_if_any(fd, &protocol);
    return (f == AF_INET || f == AF_INET6) &&
           (p == IPPROTO_TCP || p == IPPROTO_MPTCP) &&
           read_option_if_any(fd, &type) == SOCK_STREAM;
}

// What the kernel holds.
static void read_all(int fd, int have[SETTINGS])
{
    for (int i = 0; i < SETTINGS; i++)
        have[i] = read_option_if_any(fd, &settings[i]);
}

// IDLE/INTERVAL/COUNT, or off.
static const char *have_text(const int have[SETTINGS], char *text,
                             size_t size)
{
    if (have[ON] == 0)
        return "off";
    snprintf(text, size, "%d/%d/%d", have[IDLE], have[INTERVAL],
             have[COUNT]);
    return text;
}

// tag::change[]
// The values first: then keepalive starts with them.
static int change(int fd, int pid, int number)
{
    static const int order[] = {IDLE, INTERVAL, COUNT, USER_TIMEOUT,
                                ON};
    int result = 0;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct setting *s = &settings[order[i]];
        int value = want[order[i]];
        if (value != -1 && setsockopt(fd, s->level, s->option, &value,
                                      sizeof value) == -1) {
            warn("pid %d, descriptor %d: setsockopt %s %d", pid, number,
                 s->name, value);
            result = -1;
        }
    }
    return result;
}
// end::change[]

static int setting_wanted(void)
{
    for (int i = 0; i < SETTINGS; i++)
        if (want[i] != -1)
            return 1;
    return 0;
}

// What it would be after setting; the kernel has the last word.
static void expect(int have[SETTINGS])
{
    for (int i = 0; i < SETTINGS; i++)
        if (want[i] != -1)
            have[i] = want[i];
}

static void command_of(int pid, char *name, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(name, (int)size, file) == NULL)
        snprintf(name, size, "?");
    if (file != NULL)
        fclose(file);
    for (char *c = name; *c != '\0'; c++)
        if (!isgraph((unsigned char)*c))
            *c = *c == '\n' ? '\0' : '_';
}

// What was seen of a socket. It is printed when its duplicate is
// closed: output can block, and its owner may close it any time.
struct seen {
    struct end here;
    struct end there;
    const char *state;
    int before[SETTINGS];
    int after[SETTINGS];
    int matches;
};

// A line of the list, and before the first one its head.
static void print_seen(const struct seen *s, int pid, int number)
{
    char ends[2][INET6_ADDRSTRLEN + 9];
    char values[2][40];
    char command[32];
    command_of(pid, command, sizeof command);
    if (found == 1)
        printf("%-7s %-4s %-11s %-7s %-6s %-18s %-18s %s\n", "PID",
               "FD", "KEEPALIVE", "TIMEOUT", "STATE", "LOCAL", "PEER",
               "COMMAND");
    printf("%-7d %-4d %-11s %-7d %-6s %-18s %-18s %s\n", pid, number,
           have_text(s->before, values[0], sizeof values[0]),
           s->before[USER_TIMEOUT], s->state,
           end_text(&s->here, ends[0], sizeof ends[0]),
           end_text(&s->there, ends[1], sizeof ends[1]), command);
    if (setting_wanted())
        printf("%-12s %-11s %d\n", dry_run ? "  would be" : "  is now",
               have_text(s->after, values[1], sizeof values[1]),
               s->after[USER_TIMEOUT]);
}

// One socket, which `fd` is a duplicate of: looks at it, sets it.
static void handle(int fd, int pid, int number, struct seen *s)
{
    if (ask_end(fd, getsockname, &s->here) == -1) {
        warn("getsockname");
        failed = 1;
    }
    if (ask_end(fd, getpeername, &s->there) == -1 &&
        errno != ENOTCONN) {
        warn("getpeername");
        failed = 1;
    }
    s->state = state(fd);
    read_all(fd, s->before);
    if (!matches(&local, &s->here) || !matches(&peer, &s->there) ||
        (without && s->before[ON] != 0))
        return;
    s->matches = 1;
    found++;
    memcpy(s->after, s->before, sizeof s->after);
    if (dry_run)
        expect(s->after);
    else if (setting_wanted()) {
        if (change(fd, pid, number) == -1)
            failed = 1;
        read_all(fd, s->after);
    }
}

// tag::descriptor[]
// One descriptor of a process. Returns -1 with errno, ENOTSOCK if it is
// no TCP socket. All is asked of the duplicate and set on it: whatever
// the process does meanwhile with the number, it is the same socket.
static int descriptor(int process, int pid, int number)
{
    int fd = take(process, number);
    if (fd == -1)
        return -1;
    struct seen seen = {0};
    int tcp = is_tcp(fd);
    if (tcp)
        handle(fd, pid, number, &seen);
    if (close(fd) == -1)
        err(1, "close");
    if (seen.matches && !quiet)
        print_seen(&seen, pid, number); // <1>
    errno = ENOTSOCK;
    return tcp ? 0 : -1;
}
// end::descriptor[]

// Says why a process or its descriptor could not be looked at.
static void explain(int pid, int number, int error)
{
    if (error == ENOSYS)
        errx(1, "this kernel has no pidfd_getfd(): it came with Linux "
                "5.6, and a container may be denied it");
    if (error == EPERM)
        warnx("pid %d: not permitted: %s", pid, rights);
    else if (error == ESRCH || error == ENOENT)
        warnx("pid %d: there is no such process", pid);
    else if (error == EBADF)
        warnx("pid %d has no descriptor %d", pid, number);
    else if (error == ENOTSOCK)
        warnx("pid %d, descriptor %d: not a TCP socket", pid, number);
    else if (error == EINVAL)
        warnx("pid %d: a thread, not a process", pid);
    else
        warnx("pid %d: %s", pid, strerror(error));
    failed = 1;
}

// All descriptors of a process that are sockets. Returns -1 with errno.
static int all_of(int process, int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *list = opendir(path);
    if (list == NULL)
        return -1;
    int result = 0;
    for (struct dirent *d = readdir(list); d != NULL && result == 0;
         d = readdir(list)) {
        char target[8] = "";
        ssize_t length =
            readlinkat(dirfd(list), d->d_name, target, sizeof target);
        if (length == -1 && d->d_name[0] != '.' && errno != ENOENT)
            result = errno; // the right to read links is one of its own
        if (length < 7 || memcmp(target, "socket:", 7) != 0)
            continue;
        if (descriptor(process, pid, atoi(d->d_name)) == -1 &&
            errno != ENOTSOCK && errno != EBADF)
            result = errno;
    }
    closedir(list);
    errno = result;
    return result == 0 ? 0 : -1;
}

static int one_process(int pid)
{
    int process = open_process(pid);
    if (process == -1)
        return -1;
    int result = only_fd != -1 ? descriptor(process, pid, only_fd)
                               : all_of(process, pid);
    int error = errno;
    close(process);
    errno = error;
    return result;
}

// Processes are found in /proc, if it is that of our own namespace.
static void need_proc(void)
{
    char self[16] = "";
    if (readlink("/proc/self", self, sizeof self - 1) == -1)
        errx(1, "/proc is not there, so no process is found: "
                "--pid and --fd together need none");
    if (atoi(self) != (int)getpid())
        errx(1, "/proc is of another namespace, so its numbers are not "
                "ours");
}

static void all_processes(void)
{
    DIR *list = opendir("/proc");
    if (list == NULL)
        err(1, "/proc");
    for (struct dirent *d = readdir(list); d != NULL;
         d = readdir(list)) {
        if (!isdigit((unsigned char)d->d_name[0]))
            continue;
        int pid = atoi(d->d_name);
        if (one_process(pid) == 0 || errno == ESRCH || errno == ENOENT)
            continue; // ended meanwhile
        if (errno == EPERM || errno == EACCES)
            forbidden++;
        else
            explain(pid, -1, errno);
    }
    closedir(list);
    if (forbidden > 0)
        warnx("%d processes may not be looked into: %s", forbidden,
              rights);
}

static void parse(int argc, char **argv)
{
    enum {
        PID = SETTINGS,
        FD,
        LOCAL,
        PEER,
        WITHOUT,
        OFF,
        DRY,
        QUIET,
        ALL
    };
    static const struct option options[] = {
        {"on", no_argument, NULL, ON},
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"pid", required_argument, NULL, PID},
        {"fd", required_argument, NULL, FD},
        {"local", required_argument, NULL, LOCAL},
        {"peer", required_argument, NULL, PEER},
        {"without", no_argument, NULL, WITHOUT},
        {"off", no_argument, NULL, OFF},
        {"dry-run", no_argument, NULL, DRY},
        {"quiet", no_argument, NULL, QUIET},
        {"all", no_argument, NULL, ALL},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    // What the kernel accepts: net/ipv4/tcp.c, include/net/tcp.h.
    static const int least[] = {0, 1, 1, 1, 0};
    static const int most[] = {1, 32767, 32767, 127, INT_MAX};
    int option = 0;
    int index = 0;
    int off = 0;
    while ((option = getopt_long(argc, argv, "", options, &index)) !=
           -1) {
        const char *name = options[index].name;
        switch (option) {
        case ON:
            want[ON] = 1;
            break;
        case OFF:
            off = 1;
            break;
        case PID:
            only_pid = number("--pid", optarg, 1, INT_MAX);
            break;
        case FD:
            only_fd = number("--fd", optarg, 0, INT_MAX);
            break;
        case LOCAL:
            parse_end("--local", optarg, &local);
            break;
        case PEER:
            parse_end("--peer", optarg, &peer);
            break;
        case WITHOUT:
            without = 1;
            break;
        case DRY:
            dry_run = 1;
            break;
        case QUIET:
            quiet = 1;
            break;
        case ALL:
            everything = 1;
            break;
        case 'h':
            help();
            exit(end_output(0));
        case '?':
            errx(2, "%s", usage);
        default:
            want[option] =
                number(name, optarg, least[option], most[option]);
            if (option != USER_TIMEOUT)
                want[ON] = 1;
        }
    }
    if (optind != argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
    if (off && want[ON] == 1)
        errx(2, "--off excludes --on, --idle, --interval and --count");
    if (off)
        want[ON] = 0;
    if (only_fd != -1 && only_pid == -1)
        errx(2, "--fd needs --pid");
    if (dry_run && !setting_wanted())
        errx(2, "--dry-run: nothing to set");
    if (setting_wanted() && only_pid == -1 && !local.given &&
        !peer.given && !everything)
        errx(2, "on which sockets? --pid, --local or --peer, or --all");
}

int main(int argc, char **argv)
{
    begin_output();
    parse(argc, argv);
    if (only_fd == -1)
        need_proc();
    if (only_pid == -1)
        all_processes();
    else if (one_process(only_pid) == -1)
        explain(only_pid, only_fd, errno == EACCES ? EPERM : errno);
    if (setting_wanted() && found == 0 && !failed) {
        warnx("no such socket");
        failed = 1;
    }
    if (setting_wanted() && forbidden > 0)
        failed = 1;
    return end_output(failed);
}
