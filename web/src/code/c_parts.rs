//! What C programs have before `main`: functions, each there only where it is called, those first that others call.

/// What every program begins with.
pub(super) const HEADERS: &str = "\
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
";

/// The name of a function, and its text. One that is called by others stands before them.
pub(super) const PARTS: &[(&str, &str)] = &[
    (
        "check",
        r#"
/* Ends the program where a call failed that did not fail in the session. */
static int check(const char *call, int result)
{
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", call, errno != 0 ? strerror(errno) : "no address");
        exit(EXIT_FAILURE);
    }
    return result;
}
"#,
    ),
    (
        "expect",
        r#"
/* A call that failed in the session may do so again in the same way. */
static void expect(const char *call, int result, int error)
{
    if (result >= 0)
        return;
    if (errno != error)
        check(call, result);
    printf("%s: %s\n", call, errno != 0 ? strerror(errno) : "no address");
}
"#,
    ),
    (
        "look_up",
        r#"
/* getaddrinfo(3): the first address of the socket's family; sets errno to 0 where there is none. */
static struct addrinfo *look_up(int family, int flags, const char *host, const char *port)
{
    struct addrinfo hints, *found;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error == 0)
        return found;
    fprintf(stderr, "getaddrinfo: %s\n", gai_strerror(error));
    errno = 0;
    return NULL;
}
"#,
    ),
    (
        "bind_to",
        r#"
static int bind_to(int fd, int family, const char *host, const char *port)
{
    struct addrinfo *address = look_up(family, AI_PASSIVE, host, port);
    if (address == NULL)
        return -1;
    int result = bind(fd, address->ai_addr, address->ai_addrlen);
    int error = errno;
    freeaddrinfo(address);
    errno = error;
    return result;
}
"#,
    ),
    (
        "wait_for",
        r#"
/* poll(2): waits until something can be done, for at most so many milliseconds; -1 is for ever. */
static int wait_for(int fd, short events, int milliseconds)
{
    struct pollfd one = {fd, events, 0};
    int result = poll(&one, 1, milliseconds);
    if (result == 0)
        errno = ETIMEDOUT;
    return result > 0 ? 0 : -1;
}
"#,
    ),
    (
        "connect_to",
        r#"
/* Connects, for at most so many milliseconds; -1 is as long as the system wants. */
static int connect_to(int fd, int family, const char *host, const char *port, int milliseconds)
{
    struct addrinfo *address = look_up(family, 0, host, port);
    if (address == NULL)
        return -1;
    int flags = fcntl(fd, F_GETFL);
    if (milliseconds >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int result = connect(fd, address->ai_addr, address->ai_addrlen);
    int error = result < 0 ? errno : 0;
    freeaddrinfo(address);
    if (error == EINPROGRESS) {
        socklen_t length = sizeof error;
        if (wait_for(fd, POLLOUT, milliseconds) < 0)
            error = errno;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
            error = errno;
    }
    fcntl(fd, F_SETFL, flags);
    errno = error;
    return error == 0 ? 0 : -1;
}
"#,
    ),
    (
        "print_address",
        r#"
static void print_address(const char *what, const struct sockaddr *address, socklen_t length)
{
    char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
    getnameinfo(address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    printf(strchr(host, ':') != NULL ? "%s[%s]:%s\n" : "%s%s:%s\n", what, host, port);
}
"#,
    ),
    (
        "accept_from",
        r#"
/* accept(2), and prints where the connection comes from. */
static int accept_from(int server)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int fd = accept(server, (struct sockaddr *)&address, &length);
    if (fd >= 0)
        print_address("[*] Accepted connection from ", (struct sockaddr *)&address, length);
    return fd;
}
"#,
    ),
    (
        "print_own_address",
        r#"
/* getsockname(2) */
static int print_own_address(const char *what, int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int result = getsockname(fd, (struct sockaddr *)&address, &length);
    if (result == 0)
        print_address(what, (struct sockaddr *)&address, length);
    return result;
}
"#,
    ),
    (
        "print_other_address",
        r#"
/* getpeername(2) */
static int print_other_address(const char *what, int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int result = getpeername(fd, (struct sockaddr *)&address, &length);
    if (result == 0)
        print_address(what, (struct sockaddr *)&address, length);
    return result;
}
"#,
    ),
    (
        "port_of",
        r#"
/* The port that the system chose for a listener. */
static const char *port_of(int server)
{
    static char port[NI_MAXSERV];
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    check("getsockname", getsockname(server, (struct sockaddr *)&address, &length));
    getnameinfo((struct sockaddr *)&address, length, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    return port;
}
"#,
    ),
    (
        "set_number",
        r#"
static int set_number(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}
"#,
    ),
    (
        "set_linger",
        r#"
static int set_linger(int fd, int on, int seconds)
{
    struct linger value = {on, seconds};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof value);
}
"#,
    ),
    (
        "print_number",
        r#"
static int print_number(const char *what, int fd, int level, int option)
{
    int value = 0;
    socklen_t length = sizeof value;
    int result = getsockopt(fd, level, option, &value, &length);
    if (result == 0)
        printf("%s: %d\n", what, value);
    return result;
}
"#,
    ),
    (
        "print_linger",
        r#"
static int print_linger(int fd)
{
    struct linger value = {0, 0};
    socklen_t length = sizeof value;
    int result = getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &length);
    if (result == 0)
        printf("SO_LINGER: %d, %d\n", value.l_onoff, value.l_linger);
    return result;
}
"#,
    ),
    (
        "print_text",
        r#"
static int print_text(const char *what, int fd, int level, int option)
{
    char value[16] = "";
    socklen_t length = sizeof value - 1;
    int result = getsockopt(fd, level, option, value, &length);
    if (result == 0)
        printf("%s: %s\n", what, value);
    return result;
}
"#,
    ),
    (
        "set_send_timeout",
        r#"
/* SO_SNDTIMEO; 0 is none. */
static int set_send_timeout(int fd, int milliseconds)
{
    struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}
"#,
    ),
    (
        "send_all",
        r#"
/* send(2), until everything is taken. */
static int send_all(int fd, const char *data, size_t length, int flags)
{
    do {
        ssize_t sent = send(fd, data, length, flags);
        if (sent < 0)
            return -1;
        data += sent;
        length -= (size_t)sent;
    } while (length > 0);
    return 0;
}
"#,
    ),
    (
        "send_file",
        r#"
/* Sends what is in a file. */
static int send_file(int fd, const char *name, int flags)
{
    static char data[65536];
    size_t length;
    int result = 0;
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return -1;
    while (result == 0 && (length = fread(data, 1, sizeof data, file)) > 0)
        result = send_all(fd, data, length, flags);
    fclose(file);
    return result;
}
"#,
    ),
    (
        "print_bytes",
        r#"
/* Prints bytes as a literal of Python. */
static void print_bytes(const char *data, ssize_t length)
{
    printf("b\"");
    for (ssize_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte == '\n')
            printf("\\n");
        else if (byte == '\r')
            printf("\\r");
        else if (byte == '\t')
            printf("\\t");
        else if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte >= 32 && byte < 127)
            putchar(byte);
        else
            printf("\\x%02x", byte);
    }
    printf("\"\n");
}
"#,
    ),
    (
        "receive",
        r#"
/* recv(2), and prints what it returned. */
static int receive(int fd, size_t max, int flags)
{
    static char data[1 << 20];
    ssize_t length = recv(fd, data, max, flags);
    if (length >= 0)
        print_bytes(data, length);
    return (int)length;
}
"#,
    ),
    (
        "receive_within",
        r#"
/* The same, for at most so many milliseconds. */
static int receive_within(int fd, size_t max, int flags, int milliseconds)
{
    if (wait_for(fd, POLLIN, milliseconds) < 0)
        return -1;
    return receive(fd, max, flags);
}
"#,
    ),
];
