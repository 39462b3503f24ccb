// OpenBSD: it has no option for the three values. sys/netinet/tcp.h of
// OpenBSD.
#define ON 8
#include "mock.h"

