# Das zweite Fenster, für einen Projektor.

projector = Projektor
title = TCP Playground: Projektor
no-socket = Kein Socket ist gewählt
sentences = Was geschah
blocked = Der Browser hat kein zweites Fenster geöffnet. Fenster für diese Seite erlauben, dann noch einmal versuchen.
