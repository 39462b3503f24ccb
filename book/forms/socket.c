int on = 1, idle = {idle}, interval = {interval}, count = {count};
int timeout = {user-timeout};
if (setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) == -1 ||
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval,
               sizeof interval) == -1 ||
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count) == -1 ||
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout,
               sizeof timeout) == -1 ||
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == -1)
    perror("setsockopt");
