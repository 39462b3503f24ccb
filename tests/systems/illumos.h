// illumos. Names and values: usr/src/uts/common/netinet/tcp.h of
// illumos-gate. TCP_KEEPALIVE is a name without a use there.
#define ON 8
#include "mock.h"
#define TCP_KEEPALIVE 0x8
#define TCP_KEEPALIVE_THRESHOLD 0x16
#define TCP_KEEPALIVE_ABORT_THRESHOLD 0x17
#define TCP_KEEPIDLE 0x22
#define TCP_KEEPCNT 0x23
#define TCP_KEEPINTVL 0x24
