"""The API reference, under the same content security policy and without any other host."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.web.server import Server

pytestmark = pytest.mark.browser


def test_the_reference_shows_every_operation(server: Server, browse: Open):
    page = browse(server, "/docs").page
    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator(".opblock-summary-path", has_text="/api/v1/ask")).to_be_visible()
    page.locator("#docs .opblock-summary-path", has_text="/api/v1/ask").click()
    expect(page.locator(".opblock-body").first).to_be_visible()
