"""Values of the environment that tests run under, set before settings are read."""

import os
import tempfile

# A plain `pytest` needs no environment variable; DATABASE_URL is honoured.
os.environ["SECRET_KEY"] = "only-for-tests-" + "x" * 50
os.environ["DEMO"] = "0"
os.environ["DEBUG"] = "0"
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="prakerja-tests-"))
