"""Does a page's part with Python's websockets: connects to port argv[3] through the relay at port argv[1] with the token argv[2], and
receives to the end of the stream, many recvs at a time. Prints "received N" after the first bytes, at last "bytes N" and "crc32 N"."""
import json
import sys
import zlib
from websockets.sync.client import connect

AT_A_TIME = 16


def call(page, number, name, **arguments):
    page.send(json.dumps({"id": number, "call": name, **arguments}))


relay, token, peer = sys.argv[1:]
with connect(
    f"ws://127.0.0.1:{relay}/socket",
    subprotocols=["tcp-playground.v1", f"token.{token}"],
    compression=None,
    max_size=None,
    ping_interval=None,
) as page:
    call(page, 1, "socket", family="inet")
    call(page, 2, "connect", host="127.0.0.1", port=int(peer))
    last = 2
    received = checksum = 0
    while True:
        while last < 2 + AT_A_TIME:
            last += 1
            call(page, last, "recv", max=1 << 16)
        frame = page.recv()
        if isinstance(frame, bytes):
            if not received:
                print("received", len(frame))
            received += len(frame)
            checksum = zlib.crc32(frame, checksum)
            last += 1
            call(page, last, "recv", max=1 << 16)
        elif "eof" in json.loads(frame):
            break
        elif "error" in frame or "ended" in frame:
            sys.exit(frame)
print("bytes", received)
print("crc32", checksum)
