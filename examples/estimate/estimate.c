// estimate: what three values and a user timeout will do to a quiet
// connection. It computes, and opens no socket.
//
//     estimate --idle 60 --interval 10 --count 6 --patience 350
//
// Exit status: 0 told, 1 the output cannot be written, 2 wrong usage.

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { IDLE, INTERVAL, COUNT, USER_TIMEOUT, PATIENCE, SETTINGS };
static const char usage[] = "usage: estimate [OPTION...]";

static void help(const int *want)
{
    printf("%s\n"
           "  --idle S           idle time, %d\n"
           "  --interval S       interval, %d\n"
           "  --count N          unanswered probes, %d\n"
           "  --user-timeout MS  user timeout, %d: none\n"
           "  --patience S       the time after which a firewall\n"
           "                     forgets, %d: none\n",
           usage, want[IDLE], want[INTERVAL], want[COUNT],
           want[USER_TIMEOUT], want[PATIENCE]);
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

// tag::estimate[]
struct estimate {
    long long first; // s: between two probes while all is well
    long long given_up; // s: after the last word of a dead peer
    long long soonest; // s: after its death, just before a probe
    long long forgiven; // s: an outage that does no harm at any moment
    long long spare; // lost probes that a firewall forgives, or -1
};

static struct estimate estimate(const int *want)
{
    int interval = want[INTERVAL];
    int first = want[IDLE] > interval ? want[IDLE] : interval; // <1>
    struct estimate is = {.first = first, .spare = -1};
    is.given_up = detection_time(first, interval, want[COUNT],
                                 want[USER_TIMEOUT]);
    is.soonest = is.given_up - first; // <2>
    is.forgiven = is.soonest - interval;
    // The timers may be late by an eighth: so much must be left.
    long long patience = want[PATIENCE] * 8LL; // <3>
    while (is.spare < is.forgiven / interval &&
           9LL * (first + (is.spare + 1) * interval) < patience)
        is.spare++;
    return is;
}
// end::estimate[]

static void tell(const int *want)
{
    struct estimate is = estimate(want);
    long long tenths = (36000 + is.first / 2) / is.first;
    printf("healthy: a probe every %lld s, %lld.%lld an hour\n",
           is.first, tenths / 10, tenths % 10);
    printf("dead: given up %lld s after its last word,"
           " %lld s if timers are late\n",
           is.given_up, (is.given_up * 9 + 7) / 8);
    printf("      that is %lld s to %lld s after its death\n",
           is.soonest, is.given_up);
    printf("outage: up to %lld s are forgiven\n", is.forgiven);
    if (want[PATIENCE] > 0) {
        printf("firewall that forgets after %d s: ", want[PATIENCE]);
        if (is.spare == -1)
            printf("it may forget before the probe\n");
        else
            printf("kept, lost probes forgiven: %lld\n", is.spare);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"idle", required_argument, NULL, IDLE},
        {"interval", required_argument, NULL, INTERVAL},
        {"count", required_argument, NULL, COUNT},
        {"user-timeout", required_argument, NULL, USER_TIMEOUT},
        {"patience", required_argument, NULL, PATIENCE},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    static const struct {
        int min, max;
    } limits[SETTINGS] = {
        {1, 32767}, {1, 32767}, {1, 127}, {0, INT_MAX}, {0, 31536000}};
    int want[SETTINGS] = {60, 10, 6, 0, 0};
    int option = 0;
    int index = 0;
    begin_output();
    while ((option = getopt_long(argc, argv, "", options, &index)) !=
           -1) {
        if (option == 'h') {
            help(want);
            return end_output(0);
        }
        if (option == '?')
            errx(2, "%s", usage);
        want[option] = number(options[index].name, optarg,
                              limits[option].min, limits[option].max);
    }
    if (optind != argc)
        errx(2, "unexpected '%s'\n%s", argv[optind], usage);
    tell(want);
    return end_output(0);
}
