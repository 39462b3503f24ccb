// NetBSD 5 and later. Names and values: sys/netinet/tcp.h of NetBSD.
#define ON 8
#include "mock.h"
#define TCP_KEEPIDLE 3
#define TCP_KEEPINTVL 5
#define TCP_KEEPCNT 6
