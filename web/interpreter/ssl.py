"""There is no TLS here. The modules of the standard library that can do without it see that by this import's failure."""

import _without_tls

raise ImportError(_without_tls.WHY, name="ssl")
