// static: connects to port 7000 of 127.0.0.1 and holds it for a minute.
//
// Linked statically by programs.bash (build_static): a program that a
// preload library cannot reach. Exit status: 0, 1 if it could not connect.

#include <arpa/inet.h>
#include <err.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(7000),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd == -1)
        err(1, "socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == -1)
        err(1, "connect");
    sleep(60);
    return 0;
}
