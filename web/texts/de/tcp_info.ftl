# Was der Kernel von einer Verbindung weiß.

nothing = Wähle einen Socket: Hier steht, was der Kernel von ihm weiß.
unconnected = TCP_INFO sagt der Kernel von einer Verbindung. Es gibt noch keine.
of-listener = TCP_INFO sagt der Kernel von Verbindungen. Dieser Socket lauscht: Seine Schlange steht unter Puffer.
closed = Die Verbindung ist vorbei. Das sind die letzten Werte.
samples = Fünfmal in der Sekunde gefragt, solange sich etwas ändert. Namen wie in Linux' tcp_info.
explain = Felder erklären
caption = TCP_INFO
unavailable = auf diesem System nicht zu erfahren
unset = noch nicht gesetzt
no-sample = –
segments = { $count ->
    [one] 1 Segment
   *[other] { $count } Segmente
}
rate = { $bytes } Bytes/s
plots = Die letzten zwei Minuten
plot-rtt = Umlaufzeit
plot-cwnd = Staufenster
plot-in-flight = Bytes unterwegs
plot-rate = Zustellrate
plot-name = { $name }: jetzt { $now }; { $least } bis { $most } in den letzten { $seconds } s
times = Zeiten
windows = Fenster
amounts = Mengen
pace = Tempo, und was es begrenzte
rtt = Geglättete Zeit von einem Segment bis zu seiner Bestätigung (RFC 6298).
rttvar = Wie sehr diese Zeit schwankt.
min-rtt = Die kürzeste in letzter Zeit.
rto = Nach so langer Zeit ohne Bestätigung wird ein Segment noch einmal gesendet.
cwnd = Staufenster: So viel darf unterwegs sein, was das Netz angeht.
ssthresh = Wo der Slow Start endet und das Staufenster nur noch langsam wächst.
snd-wnd = Das Fenster der Gegenseite: So viel lässt sie kommen.
rcv-wnd = Unser Fenster: So viel lassen wir kommen.
rcv-ssthresh = Das größte Fenster, das wir jetzt anbieten würden.
snd-mss = So viele Bytes trägt ein Segment höchstens.
bytes-sent = Bisher gesendet, noch einmal Gesendetes mitgezählt.
bytes-acked = Bisher von der Gegenseite bestätigt.
bytes-received = Bisher der Reihe nach angekommen, von recv abgeholt oder nicht.
unacked = Unterwegs: gesendet und nicht bestätigt.
notsent = In der Sendeschlange und noch kein einziges Mal gesendet.
retrans = Segmente, die noch einmal gesendet wurden.
bytes-retrans = Bytes, die noch einmal gesendet wurden.
delivery-rate = Wie schnell in letzter Zeit Bytes bei der Gegenseite ankamen.
busy-time = Wie lange es etwas zu senden gab.
rwnd-limited = Wie lange davon das Fenster der Gegenseite die Grenze war: Ihr Programm empfing nicht.
sndbuf-limited = Wie lange davon der Sendepuffer die Grenze war.
cwnd-limited = Wie lange das Staufenster die Grenze war.
