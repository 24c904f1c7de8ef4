"""Another web site on this machine: what embeds or links to the pages of the service."""

from __future__ import annotations

from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit


class Host:
    """``Host({"/": "<!doctype html>..."})`` serves these pages as a context manager, on a port, so an origin, of its own.

    ``headers`` go with every page, a Content-Security-Policy for instance.
    """

    def __init__(self, pages: Mapping[str, str], headers: Mapping[str, str] | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = urlsplit(self.path).path
                found = path in pages
                body = pages[path].encode() if found else b""
                # Browsers ask for the icon by themselves, and complain when it is missing.
                self.send_response(200 if found else 204 if path == "/favicon.ico" else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        self.localhost = f"http://localhost:{port}"
        """The same pages as another *site* than 127.0.0.1, not only another origin: cookies and processes are separate."""

    def __enter__(self) -> Host:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
