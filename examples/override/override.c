// override: gives one socket its own keepalive values, and shows them
// beside the system-wide ones, before and after.
//
//     override --idle 60 --interval 10 --count 6
//
// Exit status: 0 set, 1 the kernel refused or a call failed, 2 wrong
// usage.

#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

// tag::table[]
// The four values, and what the kernel accepts for each.
static const struct value {
    int option;
    const char *name;
    const char *unit;
    const char *file; // the system-wide value, where there is one
    int min, max;
} values[] = {
    {TCP_KEEPIDLE, "TCP_KEEPIDLE", " s",
     "/proc/sys/net/ipv4/tcp_keepalive_time", 1, 32767},
    {TCP_KEEPINTVL, "TCP_KEEPINTVL", " s",
     "/proc/sys/net/ipv4/tcp_keepalive_intvl", 1, 32767},
    {TCP_KEEPCNT, "TCP_KEEPCNT", "",
     "/proc/sys/net/ipv4/tcp_keepalive_probes", 1, 127},
    {TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", " ms", NULL, 0, INT_MAX},
};
enum { IDLE, INTERVAL, COUNT, USER_TIMEOUT, VALUES };
// end::table[]

static const char usage[] = "usage: override [--idle S]"
                            " [--interval S] [--count N]"
                            " [--user-timeout MS]";

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

static int read_all(int fd, int *held)
{
    for (int i = 0; i < VALUES; i++)
        if (read_option(fd, IPPROTO_TCP, values[i].option,
                        values[i].name, &held[i]) == -1)
            return -1;
    return 0;
}

// tag::system[]
// Reads a system-wide value into `text`, with its unit.
static int read_system(const struct value *v, char *text, size_t size)
{
    int value = 0;
    FILE *file = fopen(v->file, "r");
    if (file == NULL) {
        warn("%s", v->file);
        return -1;
    }
    int found = fscanf(file, "%d", &value);
    fclose(file);
    if (found != 1) {
        warnx("%s: cannot read a number from it", v->file);
        return -1;
    }
    snprintf(text, size, "%d%s", value, v->unit);
    return 0;
}
// end::system[]

// tag::set[]
static int set(int fd, const struct value *v, int wanted)
{
    if (setsockopt(fd, IPPROTO_TCP, v->option, &wanted, // <1>
                   sizeof wanted) == 0)
        return 0;
    if (errno == EINVAL && (wanted < v->min || wanted > v->max)) // <2>
        warnx("setsockopt %s %d: the kernel accepts %d to %d%s",
              v->name, wanted, v->min, v->max, v->unit);
    else
        warn("setsockopt %s %d", v->name, wanted);
    return -1;
}
// end::set[]

// tag::story[]
static int story(int fd, const int *wanted, const int *given)
{
    char system_wide[VALUES][32] = {"", "", "", "none"};
    int before[VALUES] = {0};
    int after[VALUES] = {0};
    for (int i = 0; i < VALUES; i++)
        if (values[i].file != NULL &&
            read_system(&values[i], system_wide[i],
                        sizeof system_wide[i]) == -1)
            return -1;
    if (read_all(fd, before) == -1)
        return -1;
    for (int i = 0; i < VALUES; i++)
        if (given[i] && set(fd, &values[i], wanted[i]) == -1)
            return -1;
    if (read_all(fd, after) == -1) // <1>
        return -1;

    printf("%-16s  %11s  %11s  %11s\n", "", "system-wide", "before",
           "after");
    for (int i = 0; i < VALUES; i++) {
        char old[32] = "";
        char new[32] = "";
        snprintf(old, sizeof old, "%d%s", before[i], values[i].unit);
        snprintf(new, sizeof new, "%d%s", after[i], values[i].unit);
        printf("%-16s  %11s  %11s  %11s\n", values[i].name,
               system_wide[i], old, new);
    }
    // A connection whose last probe was answered waits one interval
    // at least before the next, so the longer of the two counts.
    int first =
        after[IDLE] > after[INTERVAL] ? after[IDLE] : after[INTERVAL];
    printf("with keepalive on, a dead peer is given up %lld s after "
           "its last word\n",
           detection_time(first, after[INTERVAL], after[COUNT],
                          after[USER_TIMEOUT]));
    return 0;
}
// end::story[]

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int wanted[VALUES] = {0};
    int given[VALUES] = {0};
    int option = 0;
    int index = 0;
    begin_output();
    while ((option = getopt_long(argc, argv, "", options, &index)) !=
           -1) {
        if (option == 'h') {
            printf("%s\n", usage);
            return end_output(0);
        }
        if (option == '?')
            errx(2, "%s", usage);
        // The kernel is to say what it accepts: any int will do here.
        wanted[option] =
            number(options[index].name, optarg, INT_MIN, INT_MAX);
        given[option] = 1;
    }
    if (optind != argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd == -1)
        err(1, "socket");
    int failed = story(fd, wanted, given) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
