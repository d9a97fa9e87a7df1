"""For a console on a network of its own, without a way out (`unshare`): routes that lead nowhere, a name server that answers as a
name tells it to, a relay, and the same calls made through it and by Python itself."""
import ctypes, errno, os, socket, subprocess, tempfile, threading


def sh(*commands):
    for command in commands:
        subprocess.run(command, shell=True, check=True)


def network():
    """Loopback, and routes that lead nowhere (RFC 5737 keeps these networks for documentation)."""
    sh("ip link set lo up", "ip route add unreachable 198.51.100.0/24", "ip route add prohibit 203.0.113.0/24")


def names():
    """A name server on loopback: the first label of a name says what becomes of the question."""
    with tempfile.NamedTemporaryFile("w", delete=False) as resolv, tempfile.NamedTemporaryFile("w", delete=False) as nsswitch:
        resolv.write("nameserver 127.0.0.1\noptions timeout:30 attempts:1\n")
        nsswitch.write("hosts: files dns\n")
    sh(f"mount --bind {resolv.name} /etc/resolv.conf", f"mount --bind {nsswitch.name} /etc/nsswitch.conf")
    os.unlink(resolv.name)
    os.unlink(nsswitch.name)
    # glibc of this process has read the old ones already.
    ctypes.CDLL(None).__res_init()
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=answer, args=[server], daemon=True).start()


def answer(server):
    codes = {b"servfail": 2, b"nxdomain": 3, b"nodata": 0}
    while True:
        question, client = server.recvfrom(512)
        label = question[13 : 13 + question[12]].lower()
        if label in codes:
            # RFC 1035 section 4.1.1: the same question, an answer, recursion available, and the code.
            server.sendto(question[:2] + bytes([0x81, 0x80 | codes[label]]) + question[4:6] + bytes(6) + question[12:], client)


def relay(binary, program):
    """Starts a relay, and takes the class of the program in docs/wire.md."""
    global url, Socket
    module = {"__name__": "wire"}
    exec(program, module)
    Socket = module["Socket"]
    process = subprocess.Popen([binary, "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    url = next(line[line.index("http://") :].strip() for line in process.stdout if "#token=" in line)


def at_one_of_two_ports(binary):
    """A relay at the port that this system chooses first, of the two that it has to choose from: what a socket with an option is bound to at another
    address of loopback, what is in effect of the option then, and the address itself."""
    sh("echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range")
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([binary, "--port", str(port)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wire = Socket(next(line[line.index("http://") :].strip() for line in process.stdout if "#token=" in line))
    wire.call("socket", family="inet")
    wire.call("setsockopt", option="TCP_MAXSEG", value=1000)
    local = wire.call("bind", address="127.0.0.2", port=0)["local"]
    assert local == f"127.0.0.2:{80001 - port}", (local, port)
    return local == wire.call("getsockname")["local"], wire.call("getsockopt", option="TCP_MAXSEG")["value"]


def ours(name, **arguments):
    """How a call of the relay ends."""
    wire = Socket(url)
    try:
        if name != "resolve":
            wire.call("socket", family="inet")
        return str(wire.call(name, **arguments))
    except OSError as error:
        return str(error)


def theirs(name, call):
    """How a call of Python ends, in the relay's words."""
    try:
        return str(call())
    except socket.gaierror as error:
        eai = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}
        return f"{eai[error.errno]}: {name}: {error.strerror}"
    except OSError as error:
        return f"{errno.errorcode[error.errno]}: {name}: {error.strerror} (os error {error.errno})"
