// Solaris before 11.4: thresholds in milliseconds only. Names and
// values: as in illumos, whose ancestor it is.
#define ON 8
#include "mock.h"
#define TCP_KEEPALIVE 0x8
#define TCP_KEEPALIVE_THRESHOLD 0x16
#define TCP_KEEPALIVE_ABORT_THRESHOLD 0x17
