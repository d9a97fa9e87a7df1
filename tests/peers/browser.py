"""A browser for BROWSER: notes its arguments, the file that it is told to open, and who may read that, as JSON in the file that NOTES names."""
import json
import os
import sys
from urllib.parse import unquote, urlsplit

path = unquote(urlsplit(sys.argv[-1]).path)
modes = [oct(os.stat(place).st_mode & 0o777) for place in (path, os.path.dirname(path))]
notes = {"arguments": sys.argv[1:], "path": path, "modes": modes, "text": open(path).read()}
with open(os.environ["NOTES"] + ".new", "w") as file:
    json.dump(notes, file)
os.rename(os.environ["NOTES"] + ".new", os.environ["NOTES"])
