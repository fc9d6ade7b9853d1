"""Install a wheel in an empty environment, away from the sources, and import it there."""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECK = """
import sys
from importlib import metadata, resources

import flask_bandwidth_callbacks
import flask_bandwidth_callbacks.bxml

assert (resources.files(flask_bandwidth_callbacks) / "py.typed").is_file(), "py.typed is missing"
needed = {name for name in metadata.requires("flask-bandwidth-callbacks") if "extra ==" not in name}
assert {name.split(">")[0] for name in needed} == {"flask", "marshmallow"}, needed
loaded = {"pytest", "hypothesis", "bandwidth", "gunicorn"} & set(sys.modules)
assert not loaded, f"importing the package loads {loaded}"
import flask_bandwidth_callbacks.simulator

print("imported from", flask_bandwidth_callbacks.__file__)
"""

wheel = Path(sys.argv[1]).resolve()
with tempfile.TemporaryDirectory() as folder:
    venv.create(folder)
    python = Path(folder, "bin", "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", wheel], check=True, cwd=folder)
    subprocess.run([python, "-W", "error", "-c", CHECK], check=True, cwd=folder)
    # The commands work without the extra `cli`, too.
    subprocess.run([python, "-m", "flask", "bandwidth", "--help"], check=True, cwd=folder)
