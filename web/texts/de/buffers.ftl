# Wo Bytes warten, und wer darauf wartet, angenommen zu werden.

nothing = Wähle einen Socket: Hier werden seine Warteschlangen gezeichnet.
samples = Wie der Kernel es sagt, fünfmal in der Sekunde gefragt, solange sich etwas ändert. Balken sind maßstäblich, Zahlen genau.
unavailable = auf diesem System nicht zu erfahren
not-asked = noch nicht gefragt
sending = → Senden
receiving = ← Empfangen
we-sent = dein Programm gab an send
they-sent = das andere Programm gab an send
we-took = dein Programm nahm mit recv
they-took = das andere Programm nahm mit recv
send-queue = unsere Sendeschlange
their-send-queue = Sendeschlange der Gegenseite
recv-queue = unsere Empfangsschlange
their-recv-queue = Empfangsschlange der Gegenseite
their-window = Fenster der Gegenseite
unseen = nicht in dieser Seite, also nicht zu sehen
unseen-beyond = nicht in dieser Seite: Nur das Fenster ist von ihr zu sehen
most-so-far = bisher höchstens: { $bytes }
of-sndbuf = SO_SNDBUF: { $bytes }, mit der Buchhaltung des Kernels
of-rcvbuf = SO_RCVBUF: { $bytes }, mit der Buchhaltung des Kernels
not-sent = davon { $bytes } noch nicht gesendet;
free = dürfen noch kommen
closed = geschlossen
room = Platz für { $bytes } mehr
no-room = kein Platz für ein Segment mehr: Das Fenster ist geschlossen
accept-queue = Accept-Warteschlange
in-queue = warten auf accept
of-backlog = { $waiting }, Backlog { $backlog }
accepted = bisher angenommen
one-more = Linux lässt eine Verbindung mehr zu als der Backlog: den gestrichelten Platz. `connect` kehrt auf der Gegenseite zurück, sobald eine Verbindung in der Schlange steht; sie darf schon senden.
unconnected = Es gibt noch keine Verbindung, also auch keine Warteschlangen.
gone = Der Deskriptor ist geschlossen. Das sind die letzten Zahlen.
unasked = Der Kernel wurde noch nicht gefragt.
empty = Beide Schlangen sind leer: Alles Gesendete ist bestätigt, alles Angekommene abgeholt.
under-way = { $bytes } sind unterwegs oder noch nicht bestätigt.
held-back = Der Kernel hat { $bytes } von `send` übernommen, und das Fenster der Gegenseite lässt sie nicht fort: Ihr Programm holt nichts ab. `send` ist zurückgekehrt; nichts ist gescheitert.
send-waits = `send` wartet: Die Sendeschlange ist voll und das Fenster der Gegenseite geschlossen, weil ihr Programm nichts abholt.
send-waits-nobody-receives = `send` wartet: Die Sendeschlange ist voll und das Fenster der Gegenseite geschlossen, weil dort niemand `recv` aufruft.
send-waits-for-room = `send` wartet, bis in der Sendeschlange Platz ist.
window-closed = { $bytes } sind angekommen, und niemand ruft `recv` auf: Die Empfangsschlange ist voll und unser Fenster geschlossen. Der Kernel der Gegenseite darf nichts mehr senden, und ihr `send` wird warten.
unread = { $bytes } sind angekommen und warten im Kernel, bis jemand `recv` aufruft.
accept-waits = `accept` wartet auf eine Verbindung.
nobody-waits = Niemand wartet darauf, angenommen zu werden.
waiting = { $count ->
    [one] Eine Verbindung steht und wartet auf `accept`.
   *[other] { $count } Verbindungen stehen und warten auf `accept`.
}
queue-full = Die Schlange ist voll. Weitere Clients werden nicht abgewiesen: Ihr SYN wird verworfen, sie bleiben in SYN_SENT und versuchen es wieder, bis jemand `accept` aufruft.
unread-there = Alles Gesendete ist bestätigt: { $bytes } stehen in der Empfangsschlange der Gegenseite, bis deren Programm `recv` aufruft.
