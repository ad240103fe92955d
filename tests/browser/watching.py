"""What a page tells of that is wrong: errors on the console, errors nobody caught, and questions to the network."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage, Route, WebError

# Messages that are not ours, each with the reason why it does no harm.
EXCUSES: tuple[tuple[str, str], ...] = (
    (
        r"^console: Could not restore the debugger state: Canceled future for debug_request\b.*/static/lab/",
        "JupyterLab asks a kernel about its debugger when a notebook opens; a quick test ends the kernel first.",
    ),
)

HERE = ("file:", "data:", "blob:", "http://127.0.0.1:", "ws://127.0.0.1:")


def watch(context: BrowserContext) -> list[str]:
    """The list that complaints about this context's pages come into. Nothing outside of this machine is let through."""
    wrong: list[str] = []

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            wrong.append(f"console: {message.text} ({message.location.get('url', '')})")

    def thrown(error: WebError) -> None:
        wrong.append(f"not caught: {error.error.name}: {error.error.message}")

    def asked(route: Route) -> None:
        if route.request.url.startswith(HERE):
            route.continue_()
        else:
            wrong.append(f"asked the network for {route.request.url}")
            route.abort()

    context.on("console", told)
    context.on("weberror", thrown)
    context.route("**/*", asked)
    return wrong


def not_excused(wrong: list[str], more: tuple[str, ...] = ()) -> list[str]:
    """What is left without the excuses and the patterns that a test itself expects."""
    patterns = (*more, *(pattern for pattern, _ in EXCUSES))
    return [message for message in wrong if not any(re.search(pattern, message) for pattern in patterns)]
