#en The same with asyncio: each client has a coroutine, and `await` lets the others go on.
#de Dasselbe mit asyncio: jeder Client hat eine Coroutine, und `await` lässt die anderen weiter.
import asyncio

PORT = 8084


async def serve(reader, writer):
    port = writer.get_extra_info("peername")[1]
    while line := await reader.readline():
        print(f"{port}: {line.decode().rstrip()}")
        writer.write(line[::-1].lstrip() + b"\n")
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    print(f"asyncio at port {PORT}")
    async with server:
        await server.serve_forever()


asyncio.run(main())
