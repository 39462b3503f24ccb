// DragonFly BSD before 5.7.2, where the options are milliseconds:
// DragonFly, commit efb6b593. Names and values: its sys/netinet/tcp.h.
#define ON 8
#include "mock.h"
#define __DragonFly__ 1
#define __DragonFly_version 500701
#define TCP_KEEPIDLE 0x100
#define TCP_KEEPINTVL 0x200
#define TCP_KEEPCNT 0x400
