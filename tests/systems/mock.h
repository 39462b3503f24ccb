// What the headers of all systems here have in common: the program's
// setsockopt() and getsockopt() are those of this file. They print what
// they are called with, "setsockopt LEVEL OPTION VALUE", and keep the
// value. ON is what SO_KEEPALIVE reads back as when it is on.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#undef TCP_KEEPIDLE
#undef TCP_KEEPINTVL
#undef TCP_KEEPCNT
#undef SOL_SOCKET
#undef SO_KEEPALIVE
#define SOL_SOCKET 0xffff
#define SO_KEEPALIVE 0x0008

static int mock_kept;

static int mock_setsockopt(int level, int option, const void *value)
{
    mock_kept = *(const int *)value;
    printf("setsockopt %d %d %d\n", level, option, mock_kept);
    return 0;
}

static int mock_getsockopt(int level, int option, void *value)
{
    *(int *)value = level == SOL_SOCKET && option == SO_KEEPALIVE &&
                            mock_kept != 0
                        ? ON
                        : mock_kept;
    return 0;
}

#define setsockopt(fd, level, option, value, size) \
    ((void)(fd), (void)(size), mock_setsockopt(level, option, value))
#define getsockopt(fd, level, option, value, size) \
    ((void)(fd), (void)(size), mock_getsockopt(level, option, value))
