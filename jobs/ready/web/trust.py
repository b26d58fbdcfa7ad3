"""Which certificates are trusted."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def certificates() -> ssl.SSLContext:
    """What httpx trusts, read once: it takes longer than many a request."""
    return httpx.create_ssl_context()
