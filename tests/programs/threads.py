# Threads, queues, pools, and servers that have a thread for each client.
import queue
import socket
import socketserver
import threading
import time
from concurrent.futures import ThreadPoolExecutor, as_completed

HOST = "127.0.0.1"


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server((HOST, 0), Upper) as server:
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="serving")
    serving.start()
    clients = [socket.create_connection(server.server_address) for _ in range(3)]
    for number, client in enumerate(clients):
        client.sendall(b"client %d\n" % number)
    print([client.makefile("rb").readline() for client in reversed(clients)])
    for client in clients:
        client.close()
    server.shutdown()
    serving.join()
    print(serving.is_alive(), serving.name)

work, done = queue.Queue(), queue.Queue()


def worker():
    while (item := work.get()) is not None:
        time.sleep(0.01)
        done.put(item * item)
    done.put(None)


thread = threading.Thread(target=worker)
thread.start()
for number in range(4):
    work.put(number)
work.put(None)
print(list(iter(done.get, None)))
thread.join()
try:
    done.get(timeout=0.05)
except queue.Empty:
    print("empty")

with ThreadPoolExecutor(4) as pool:
    began = time.monotonic()
    print(list(pool.map(lambda number: (time.sleep(0.2), number + 1)[1], range(4))), time.monotonic() - began < 0.7)
    futures = [pool.submit(pow, 2, number) for number in range(4)]
    print(sorted(future.result() for future in as_completed(futures)))
    try:
        pool.submit(lambda: 1 / 0).result()
    except ZeroDivisionError as error:
        print(error)

count, lock = 0, threading.Lock()


def add():
    global count
    for _ in range(100):
        with lock:
            before = count
            if before % 25 == 0:
                time.sleep(0.001)
            count = before + 1


threads = [threading.Thread(target=add) for _ in range(5)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(count)

event = threading.Event()
print(event.wait(0.02))
threading.Timer(0.02, event.set).start()
print(event.wait(5))
condition = threading.Condition()
items = []


def consume():
    with condition:
        condition.wait_for(lambda: items)
        print("consumed", items.pop())


consumer = threading.Thread(target=consume)
consumer.start()
with condition:
    items.append("it")
    condition.notify()
consumer.join()
barrier = threading.Barrier(3)
order = []
threads = [threading.Thread(target=lambda: order.append(barrier.wait() >= 0)) for _ in range(2)]
[thread.start() for thread in threads]
barrier.wait()
[thread.join() for thread in threads]
print(order)
local = threading.local()
local.value = "main"
thread = threading.Thread(target=lambda: print(hasattr(local, "value"), threading.current_thread() is threading.main_thread()))
thread.start()
thread.join()
recursive = threading.RLock()
with recursive, recursive:
    print("twice", threading.Semaphore(1).acquire(blocking=False))
print(threading.active_count(), threading.current_thread().name)


def leave_behind():
    time.sleep(0.05)
    print("the last line is a thread's")


threading.Thread(target=leave_behind).start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
