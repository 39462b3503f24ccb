// FreeBSD 9 and later. Names and values: sys/netinet/tcp.h of FreeBSD;
// SO_KEEPALIVE reads back as its own bit: sys/kern/uipc_socket.c.
#define ON 8
#include "mock.h"
#define TCP_KEEPIDLE 256
#define TCP_KEEPINTVL 512
#define TCP_KEEPCNT 1024
