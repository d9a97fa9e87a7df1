# A list that is longer than what is seen of it.

follow = Follow ↓
follow-new = Follow ↓ { $rows } new
