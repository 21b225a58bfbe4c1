"""Scripts, styles and data that stand in a page itself."""

import base64
import hashlib
import json


def script_data(value: object) -> str:
    """Return a value as JSON that may stand in a script element: no text in it can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def policy_hash(text: str) -> str:
    """Return what a Content-Security-Policy calls a script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
