# The second window, for a projector.

projector = Projector
title = TCP Playground: projector
no-socket = No socket is chosen
sentences = What happened
blocked = The browser did not open a second window. Allow windows for this page, then try again.
