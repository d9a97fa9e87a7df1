# smtplib, poplib and ftplib, each against a small server of its protocol.
import ftplib
import io
import poplib
import smtplib
import socket
import threading
from email.message import EmailMessage

HOST = "127.0.0.1"


def serve(talk):
    server = socket.create_server((HOST, 0))

    def run():
        with server:
            connection, _ = server.accept()
            with connection, connection.makefile("rwb") as file:
                talk(file)

    thread = threading.Thread(target=run)
    thread.start()
    return server.getsockname()[1], thread


def say(file, text):
    file.write(text.encode() + b"\r\n")
    file.flush()


def smtp(file):
    say(file, "220 ready")
    while line := file.readline().decode().strip():
        verb = line.split()[0].upper()
        if verb == "DATA":
            say(file, "354 go on")
            lines = []
            while (text := file.readline().rstrip(b"\r\n")) != b".":
                lines.append(text.decode())
            print("got", lines[0], lines[-1])
        say(file, {"EHLO": "250 hello", "QUIT": "221 bye"}.get(verb, "250 ok"))
        if verb == "QUIT":
            break


port, thread = serve(smtp)
message = EmailMessage()
message["Subject"] = "Sockets"
message["From"], message["To"] = "a@example.test", "b@example.test"
message.set_content("They work.")
with smtplib.SMTP(HOST, port, timeout=10) as mail:
    print(mail.send_message(message))
thread.join()


def pop(file):
    say(file, "+OK ready")
    for answer in ("+OK", "+OK", "+OK 1 12", "+OK\r\none line\r\n.", "+OK bye"):
        file.readline()
        say(file, answer)


port, thread = serve(pop)
box = poplib.POP3(HOST, port, timeout=10)
box.user("me")
box.pass_("secret")
print(box.stat(), box.retr(1)[1])
box.quit()
thread.join()


def ftp(file):
    say(file, "220 ready")
    data = None
    while line := file.readline().decode().strip():
        verb = line.split()[0].upper()
        if verb in ("EPSV", "PASV"):
            data = socket.create_server((HOST, 0))
            port = data.getsockname()[1]
            say(file, f"227 ok ({HOST.replace('.', ',')},{port >> 8},{port & 255})" if verb == "PASV" else f"229 ok (|||{port}|)")
        elif verb == "RETR":
            say(file, "150 here it comes")
            connection, _ = data.accept()
            connection.sendall(b"the contents of " + line.split()[1].encode())
            connection.close()
            data.close()
            say(file, "226 done")
        else:
            say(file, {"USER": "331 password", "PASS": "230 in", "QUIT": "221 bye"}.get(verb, "200 ok"))
        if verb == "QUIT":
            break


port, thread = serve(ftp)
with ftplib.FTP(timeout=10) as client:
    client.connect(HOST, port)
    client.login("me", "secret")
    contents = io.BytesIO()
    client.retrbinary("RETR notes.txt", contents.write)
    print(contents.getvalue())
thread.join()
