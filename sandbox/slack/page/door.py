"""Who may come in: this machine's own browser, at the page's own address."""

from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def require_loopback(request: web.Request) -> None:
    """Refuse other hosts and foreign origins, so that no web site can reach in. Raises: HTTPForbidden."""
    origin = request.headers.get("Origin")
    host = urlsplit(f"//{request.host}").hostname
    if host not in LOOPBACK or (origin and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="This page answers only to its own address on this machine.")
