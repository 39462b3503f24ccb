// macOS 10.9 and later. Names and values: bsd/netinet/tcp.h of xnu.
#define ON 8
#include "mock.h"
#define TCP_KEEPALIVE 0x10
#define TCP_KEEPINTVL 0x101
#define TCP_KEEPCNT 0x102
