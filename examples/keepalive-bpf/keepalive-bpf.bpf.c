// keepalive-bpf.bpf: turns keepalive on for every TCP connection of a
// control group, whatever the programs in it are.
//
// The script keepalive-bpf beside it compiles, loads and attaches it.
// The kernel runs it when a connection stands, on either side. Return
// value of a program of this kind: 1, go on. What cannot be set is left
// as it is.

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

// From the UAPI headers of Linux, which do not go together here.
enum { SOL_SOCKET = 1, SO_KEEPALIVE = 9, IPPROTO_TCP = 6 };
enum { TCP_KEEPIDLE = 4, TCP_KEEPINTVL = 5, TCP_KEEPCNT = 6 };

// tag::established[]
SEC("sockops")
int keepalive(struct bpf_sock_ops *connection)
{
    int on = 1;
    int idle = IDLE; // <1>
    int interval = INTERVAL;
    int count = COUNT;
    if (connection->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && // <2>
        connection->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
        return 1;
    bpf_setsockopt(connection, IPPROTO_TCP, TCP_KEEPIDLE, &idle,
                   sizeof idle);
    bpf_setsockopt(connection, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
                   sizeof interval);
    bpf_setsockopt(connection, IPPROTO_TCP, TCP_KEEPCNT, &count,
                   sizeof count);
    bpf_setsockopt(connection, SOL_SOCKET, SO_KEEPALIVE, &on,
                   sizeof on);
    return 1;
}
// end::established[]

// bpf_setsockopt() is for programs under the GPL; this text is under
// the MIT licence as well.
char licence[] SEC("license") = "Dual MIT/GPL";
