"""Where uploads that are too large for memory wait while their request is answered."""

import os
import tempfile
from pathlib import Path


def upload_folder() -> Path:
    """A folder of this user's own, which nobody else on the machine can read; made if it is not there."""
    folder = Path(tempfile.gettempdir()) / f"postcast-uploads-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
