# Hilfe an Ort und Stelle.

help = Hilfe
flows = Zwei Anfänge
client = *Ein Client.* Neuer Client, sagen, wohin, `connect`. Etwas schreiben, *Senden*. *Empfangen*, bis der Strom `b''` zeigt: die Gegenseite ist fertig. Dann `close`.
server = *Ein Server.* Neuer Server, mit `bind` an eine Adresse und einen Port, `listen`, `accept`. Wer sich verbindet, erscheint darunter: die Verbindung wählen, mit ihr reden, `close`.
script = *Ein Skript.* *Skript*, ein Programm in Python einfügen oder ein Beispiel nehmen, *Starten*. Seine Aufrufe werden gezeichnet wie die von Hand; wird einer angeklickt, leuchtet seine Zeile auf. Es läuft in dieser Seite: Threads wechseln sich bei Aufrufen ab, die warten, Dateien gibt es nur in der Seite, und es gibt kein TLS und kein UDP.
honest = Nichts geschieht von selbst: kein Byte wird empfangen, bevor `recv` aufgerufen ist, keine Verbindung angenommen, bevor `accept` aufgerufen ist, kein Zeilenende angefügt. Was zu sehen ist, ist also, was TCP tut.
keys = Tasten
key-send = Geschriebenes senden; das Skript starten
key-connect = verbinden (connect)
key-listen = lauschen (listen)
key-accept = annehmen (accept)
key-recv = empfangen (recv)
key-shutdown = Senden beenden (shutdown)
key-close = schließen (close)
key-back = voriges Ereignis
key-on = nächstes Ereignis
key-commands = alle Befehle
key-projector = Projektor
key-help = diese Hilfe
commands = Befehle
command-filter = Einen Befehl suchen
no-command = So heißt kein Befehl.
