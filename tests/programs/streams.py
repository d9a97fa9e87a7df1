# asyncio: streams, several at once, timeouts, exceptions.
import asyncio
import socket


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line[::-1].strip() + b"\n")
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def ask(address, words):
    reader, writer = await asyncio.open_connection(*address)
    answers = []
    for word in words:
        writer.write(word.encode() + b"\n")
        await writer.drain()
        answers.append((await reader.readline()).decode().strip())
    writer.close()
    await writer.wait_closed()
    return answers


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    async with server:
        print(await asyncio.gather(*(ask(address, ["hello", f"client {number}"]) for number in range(3))))
        reader, writer = await asyncio.open_connection("localhost", address[1], family=socket.AF_INET)
        try:
            await asyncio.wait_for(reader.readline(), 0.1)
        except TimeoutError:
            print("timed out")
        writer.write(b"x" * 60_000 + b"\n")
        writer.write_eof()
        print(len(await reader.read()))
        writer.close()
    try:
        await asyncio.open_connection(*address)
    except ConnectionRefusedError as error:
        print(type(error).__name__, error.errno)
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, lambda: "from a thread"))
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    client = socket.socket()
    client.setblocking(False)
    (accepted, _), _ = await asyncio.gather(loop.sock_accept(listener), loop.sock_connect(client, listener.getsockname()))
    await loop.sock_sendall(client, b"by hand")
    print(await loop.sock_recv(accepted, 100))
    for one in (listener, client, accepted):
        one.close()
    events = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(events.put("put"))
        print((await events.get()))
    try:
        async with asyncio.timeout(0.05):
            await asyncio.sleep(10)
    except TimeoutError:
        print("timeout")


asyncio.run(main())
