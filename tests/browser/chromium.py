"""Chromium as the tests drive it: how it starts, how somebody logs in, and what must not happen in any page."""

from __future__ import annotations

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Playwright, Request, Response

from tests.browser.demo import PASSWORD, USERNAME, Demo

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  console.error(`violation of ${violatedDirective} by ${blockedURI}`);
});
"""
# How Chromium calls what was still on its way when the page was left.
LEFT_BEHIND = "net::ERR_ABORTED"


def launch(playwright: Playwright, executable: str) -> Browser:
    return playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


def log_in(page: Page, demo: Demo, name: str = USERNAME) -> None:
    """Log in to the admin through its form."""
    page.goto(f"{demo.site}/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{demo.site}/admin/")


class Journal:
    """What a browser complains about: errors, failed requests, violations of the policy, dialogs of foreign scripts."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: self._said(message.type, message.text))
        context.on("weberror", lambda error: self.complaints.append(f"exception: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("dialog", self._popped_up)

    def _said(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"console: {text}")

    def _failed(self, request: Request) -> None:
        if request.failure != LEFT_BEHIND:
            self.complaints.append(f"request failed: {request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"answer {response.status}: {response.url}")

    def _popped_up(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()
