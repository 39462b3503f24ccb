// segments: prints the TCP segments that pass an interface, a line
// each.
//
//     segments eth0
//
// Sequence numbers count from the SYN of their direction, and there are
// neither ports nor times, so that the same events print the same
// lines. With --clock each begins with the seconds since the first, to
// the nearest whole one: what happens well between two half seconds has
// the same number in every run. It needs CAP_NET_RAW. Exit status: 0
// the limit or the count was reached, 1 a failed call, 2 wrong usage.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { FLOWS = 64, ETHERTYPE_ANY = 3, IPV4 = 0x0800, IPV6 = 0x86dd };
enum { FLAGS = TH_SYN | TH_FIN | TH_RST | TH_PUSH | TH_ACK };

// One direction of a connection: who speaks, and how far it has come.
struct side {
    struct sockaddr_in6 address; // IPv4 as ::ffff:a.b.c.d
    char name[64];
    int known; // whether we have seen where it began
    uint32_t first, next;
    int full; // its window is closed
    int asked; // it has sent a probe, and no answer came yet
};
static struct flow {
    struct side side[2];
} flows[FLOWS];
static int flow_count;

// What we need to know of one segment.
struct segment {
    struct sockaddr_in6 from, to;
    uint32_t seq, ack, length;
    int flags, window;
};

static const char usage[] = "usage: segments [OPTION...] INTERFACE";
static int limit = 3600;
static int count; // 0: no end
static int with_clock;

static void help(void)
{
    printf("%s\n"
           "  --clock    print the seconds since the first one\n"
           "  --count N  how many segments to print, %d: all\n"
           "  --limit S  end after such a silence, %d\n",
           usage, count, limit);
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

// tag::open[]
// A socket that gets a copy of every packet that passes the interface.
static int open_interface(const char *name)
{
    unsigned index = if_nametoindex(name);
    if (index == 0) {
        warn("interface %s", name);
        return -1;
    }
    struct sockaddr_ll here = {.sll_family = AF_PACKET, // <1>
                               .sll_protocol = htons(ETHERTYPE_ANY),
                               .sll_ifindex = (int)index};
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0); // <2>
    if (fd == -1) {
        warn("socket AF_PACKET (needs CAP_NET_RAW)");
        return -1;
    }
    struct timeval most = {.tv_sec = limit};
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) ==
        -1)
        warn("setsockopt SO_RCVTIMEO");
    else if (bind(fd, (struct sockaddr *)&here, sizeof here) == -1)
        warn("bind %s", name);
    else
        return fd;
    close(fd);
    return -1;
}
// end::open[]

// Reads one packet of `size` bytes; believes no length in it. Returns 0
// if it is not a whole TCP segment.
static int dissect(const unsigned char *packet, size_t size,
                   int protocol, struct segment *s)
{
    struct ip ip4;
    struct ip6_hdr ip6;
    struct tcphdr tcp;
    size_t start = 0;
    size_t end = 0;
    int next = 0;
    memset(s, 0, sizeof *s);
    if (protocol == IPV4 && size >= sizeof ip4) {
        memcpy(&ip4, packet, sizeof ip4);
        start = ip4.ip_hl * 4U;
        end = ntohs(ip4.ip_len);
        if (start < sizeof ip4 || (ntohs(ip4.ip_off) & IP_OFFMASK) != 0)
            return 0;
        next = ip4.ip_p;
        memset(s->from.sin6_addr.s6_addr + 10, 0xff, 2);
        memset(s->to.sin6_addr.s6_addr + 10, 0xff, 2);
        memcpy(s->from.sin6_addr.s6_addr + 12, &ip4.ip_src, 4);
        memcpy(s->to.sin6_addr.s6_addr + 12, &ip4.ip_dst, 4);
    } else if (protocol == IPV6 && size >= sizeof ip6) {
        memcpy(&ip6, packet, sizeof ip6);
        start = sizeof ip6;
        end = start + ntohs(ip6.ip6_plen);
        next = ip6.ip6_nxt;
        s->from.sin6_addr = ip6.ip6_src;
        s->to.sin6_addr = ip6.ip6_dst;
    }
    if (next != IPPROTO_TCP || end > size || start + sizeof tcp > end)
        return 0;
    memcpy(&tcp, packet + start, sizeof tcp);
    start += tcp.th_off * 4U;
    if (tcp.th_off * 4U < sizeof tcp || start > end)
        return 0;
    s->from.sin6_family = s->to.sin6_family = AF_INET6;
    s->from.sin6_port = tcp.th_sport;
    s->to.sin6_port = tcp.th_dport;
    s->seq = ntohl(tcp.th_seq);
    s->ack = ntohl(tcp.th_ack);
    s->length = (uint32_t)(end - start);
    s->flags = tcp.th_flags & FLAGS;
    s->window = ntohs(tcp.th_win);
    return 1;
}

static int same(const struct sockaddr_in6 *a,
                const struct sockaddr_in6 *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

// The host's name, or else its address.
static void name(struct side *side)
{
    const struct sockaddr *a = (struct sockaddr *)&side->address;
    socklen_t size = sizeof side->address;
    struct sockaddr_in ip4 = {.sin_family = AF_INET};
    if (IN6_IS_ADDR_V4MAPPED(&side->address.sin6_addr)) {
        memcpy(&ip4.sin_addr, side->address.sin6_addr.s6_addr + 12, 4);
        a = (struct sockaddr *)&ip4;
        size = sizeof ip4;
    }
    if (getnameinfo(a, size, side->name, sizeof side->name, NULL, 0,
                    0) != 0 &&
        getnameinfo(a, size, side->name, sizeof side->name, NULL, 0,
                    NI_NUMERICHOST) != 0)
        snprintf(side->name, sizeof side->name, "?");
}

// The connection's memory; a SYN that is not a repeated one begins a
// new one. When there is no room, the oldest is forgotten.
static struct flow *find(const struct segment *s)
{
    struct flow *f = NULL;
    for (int i = 0; i < FLOWS && i < flow_count && f == NULL; i++)
        for (int way = 0; way < 2; way++)
            if (same(&flows[i].side[way].address, &s->from) &&
                same(&flows[i].side[!way].address, &s->to))
                f = &flows[i];
    int opens = (s->flags & (TH_SYN | TH_ACK)) == TH_SYN;
    if (f == NULL)
        f = &flows[flow_count++ % FLOWS];
    else if (!opens || f->side[0].first == s->seq)
        return f;
    memset(f, 0, sizeof *f);
    f->side[0].address = s->from;
    f->side[1].address = s->to;
    name(&f->side[0]);
    name(&f->side[1]);
    return f;
}

// tag::recognise[]
// What the segment is for, as far as it can be told from what went
// before; then remembers what it says.
static const char *recognise(struct side *from, struct side *to,
                             const struct segment *s)
{
    const char *what = "";
    uint32_t length = s->length + ((s->flags & TH_SYN) != 0) +
                      ((s->flags & TH_FIN) != 0); // <1>
    int empty_ack = s->flags == TH_ACK && length == 0;
    int32_t ahead = (int32_t)(s->seq - from->next);
    if (empty_ack && ahead == -1) // <2>
        what = to->full ? "window probe" : "keepalive probe";
    else if (empty_ack && to->asked)
        what = "answer";
    else if (length > 0 && ahead + (int32_t)length <= 0)
        what = "sent again"; // <3>
    else if (length > 0 && ahead + (int32_t)length > 0)
        from->next = s->seq + length;
    from->asked = ahead == -1 && empty_ack;
    if (s->flags & TH_ACK)
        to->asked = 0;
    from->full = s->window == 0;
    return what;
}
// end::recognise[]

// The names of the flags that are set, in the order of RFC 9293.
static const char *flag_names(int flags)
{
    static const struct {
        int flag;
        const char *name;
    } all[] = {{TH_SYN, "SYN"},
               {TH_FIN, "FIN"},
               {TH_RST, "RST"},
               {TH_PUSH, "PSH"},
               {TH_ACK, "ACK"}};
    static char text[32];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (flags & all[i].flag)
            used +=
                (size_t)snprintf(text + used, sizeof text - used,
                                 "%s%s", used ? " " : "", all[i].name);
    return text;
}

// The seconds from the first segment to the last one that was read, to
// the nearest whole one, by the kernel's stamps: it does not matter how
// late we read. (The first call asks for stamps, and has none yet.)
static int seconds(int fd)
{
    static double first = -1;
    struct timespec stamp;
    if (ioctl(fd, SIOCGSTAMPNS, &stamp) == -1) {
        if (errno != ENOENT)
            err(1, "ioctl SIOCGSTAMPNS");
        return 0;
    }
    double time = (double)stamp.tv_sec + (double)stamp.tv_nsec / 1e9;
    if (first < 0)
        first = time;
    return (int)(time - first + 0.5);
}

// With the clock in front, numbers get no more room than they need: the
// line is as long as before.
static void print(int fd, const struct segment *s)
{
    int digits = with_clock ? 1 : 3;
    struct flow *f = find(s);
    int way = !same(&f->side[0].address, &s->from);
    struct side *from = &f->side[way];
    struct side *to = &f->side[!way];
    if (!from->known) {
        from->known = 1;
        from->first = s->seq - !(s->flags & (TH_SYN | TH_RST));
        from->next = s->seq;
    }
    if (s->flags & TH_ACK && !to->known) {
        to->known = 1;
        to->first = s->ack - 1;
        to->next = s->ack;
    } else if (s->flags & TH_ACK && (int32_t)(s->ack - to->next) > 0) {
        to->next = s->ack; // it has said more than we have seen
    }
    char who[sizeof from->name * 2 + 4];
    snprintf(who, sizeof who, "%s > %s", from->name, to->name);
    if (with_clock)
        printf("%2d s  ", seconds(fd));
    printf("%-17s  %-7s  seq %-*u", who, flag_names(s->flags), digits,
           s->seq - from->first);
    if (s->flags & TH_ACK)
        printf("  ack %-*u", digits, s->ack - to->first);
    else
        printf("%*s", digits + 6, "");
    printf("  %u bytes", s->length);
    const char *what = recognise(from, to, s);
    printf("%s%s\n", *what != '\0' ? "  " : "", what);
}

// Prints what passes, until there was enough. What a host sends to
// itself passes twice: only its arrival counts.
static int capture(int fd, const char *name)
{
    static unsigned char packet[65536];
    int printed = 0;
    while (count == 0 || printed < count) {
        struct sockaddr_ll link = {0};
        socklen_t size = sizeof link;
        struct segment segment;
        ssize_t got = recvfrom(fd, packet, sizeof packet, 0,
                               (struct sockaddr *)&link, &size);
        if (got == -1 && errno == EAGAIN) {
            return 0; // nothing has passed for the whole limit
        } else if (got == -1 && errno == ENETDOWN) {
            printf("%s is down\n", name);
        } else if (got == -1 && errno != EINTR) {
            warn("recvfrom");
            return -1;
        } else if (got != -1 &&
                   !(link.sll_hatype == ARPHRD_LOOPBACK &&
                     link.sll_pkttype == PACKET_OUTGOING) &&
                   dissect(packet, (size_t)got,
                           ntohs(link.sll_protocol), &segment)) {
            print(fd, &segment);
            printed++;
        }
    }
    return 0;
}

static void parse(int argc, char **argv)
{
    static const struct option options[] = {
        {"clock", no_argument, NULL, 't'},
        {"count", required_argument, NULL, 'c'},
        {"limit", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) !=
           -1) {
        if (option == 'h') {
            help();
            exit(end_output(0));
        }
        if (option == '?')
            errx(2, "%s", usage);
        if (option == 't')
            with_clock = 1;
        else if (option == 'c')
            count = number("count", optarg, 1, 1000000);
        else
            limit = number("limit", optarg, 1, 1000000);
    }
    if (argc - optind > 1)
        errx(2, "unexpected '%s'\n%s", argv[optind + 1], usage);
    if (argc - optind < 1)
        errx(2, "%s", usage);
}

int main(int argc, char **argv)
{
    begin_output();
    parse(argc, argv);
    int fd = open_interface(argv[optind]);
    if (fd == -1)
        return 1;
    if (with_clock)
        seconds(fd);
    printf("capturing on %s\n", argv[optind]);
    int failed = capture(fd, argv[optind]) == -1;
    if (close(fd) == -1) {
        warn("close");
        failed = 1;
    }
    return end_output(failed);
}
