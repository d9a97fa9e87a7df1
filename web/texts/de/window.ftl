# Eine Liste, die länger ist als das, was man von ihr sieht.

follow = Folgen ↓
follow-new = Folgen ↓ { $rows } neu
