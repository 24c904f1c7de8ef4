"""The description of the API, and the page that shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.conftest import Web


@pytest.fixture(scope="module")
def description(admin_web: Web) -> dict[str, Any]:
    response = admin_web.get("/openapi.json")
    assert response.status_code == 200
    loaded: dict[str, Any] = response.json()
    del loaded["paths"]["/api/v1/broken"]  # this test's own
    return loaded


def operations(description: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_every_reference_leads_somewhere(description: dict[str, Any]):
    assert description["openapi"].startswith("3.")
    found = set(references(description))
    assert found
    for reference in found:
        part: Any = description
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]


def test_every_public_and_admin_route_is_described(description: dict[str, Any]):
    assert {name for name, _ in operations(description)} == {
        "POST /api/v1/ask",
        "GET /api/v1/welcome",
        "GET /api/v1/suggest",
        "GET /api/v1/categories",
        "GET /api/v1/entries",
        "GET /api/v1/entries/{key}",
        "GET /api/v1/search",
        "GET /api/v1/manuals",
        "GET /api/v1/manuals/{manual_id}",
        "GET /api/v1/policies",
        "GET /api/v1/policies/{policy_id}",
        "GET /api/v1/policies/{policy_id}/{article}",
        "GET /api/v1/terms/{term}",
        "GET /api/v1/receipts/{code}",
        "POST /api/v1/feedback",
        "GET /api/v1/admin/knowledge",
        "POST /api/v1/admin/explain",
        "POST /api/v1/admin/knowledge/validate",
        "POST /api/v1/admin/knowledge/rehearse",
        "POST /api/v1/admin/knowledge/reload",
        "GET /api/v1/admin/knowledge/proposal",
        "POST /api/v1/admin/knowledge/proposal",
        "DELETE /api/v1/admin/knowledge/proposal",
        "POST /api/v1/admin/knowledge/proposal/send-back",
        "GET /api/v1/admin/knowledge/versions",
        "POST /api/v1/admin/knowledge/rollback",
        "GET /api/v1/admin/insights/figures",
        "GET /api/v1/admin/insights/clusters",
        "GET /api/v1/admin/insights/clusters/{key}",
        "POST /api/v1/admin/insights/clusters/{key}/dismiss",
        "POST /api/v1/admin/insights/clusters/{key}/restore",
        "GET /api/v1/admin/insights/exports/{file}",
        "GET /api/v1/admin/entries/{entry_id}/draft",
        "POST /api/v1/admin/entries/check",
        "POST /api/v1/admin/entries/try",
        "POST /api/v1/admin/entries/save",
        "POST /api/v1/admin/entries/{entry_id}/remove",
        "GET /api/v1/admin/site",
        "POST /api/v1/admin/site",
        "POST /api/v1/admin/hit-test",
        "GET /api/v1/admin/knowledge.xlsx",
        "POST /api/v1/admin/knowledge.xlsx",
        "GET /api/v1/admin/accounts",
        "POST /api/v1/admin/accounts",
        "POST /api/v1/admin/accounts/{name}/password",
        "POST /api/v1/admin/accounts/{name}/role",
        "POST /api/v1/admin/accounts/{name}/disable",
        "POST /api/v1/admin/accounts/{name}/enable",
        "POST /api/v1/admin/accounts/{name}/unlock",
        "GET /api/v1/admin/tokens",
        "POST /api/v1/admin/tokens",
        "POST /api/v1/admin/tokens/{name}/revoke",
        "GET /api/v1/admin/audit",
        "POST /api/v1/admin/audit/verify",
        "GET /api/v1/admin/system",
        "POST /api/v1/admin/system/check",
        "GET /healthz",
        "GET /readyz",
    }


def test_without_an_administrator_the_admin_routes_are_not_described(web: Web):
    assert not [path for path in web.get("/openapi.json").json()["paths"] if "admin" in path]


def test_every_described_error_is_the_one_shape(description: dict[str, Any]):
    error = description["components"]["schemas"]["ErrorOut"]
    assert error["required"] == ["error"]
    assert set(description["components"]["schemas"]["ErrorBody"]["required"]) == {"code", "message", "details"}
    assert "HTTPValidationError" not in description["components"]["schemas"]
    for name, operation in operations(description):
        errors = {status: response for status, response in operation["responses"].items() if status >= "4"}
        assert errors, name
        for status, response in errors.items():
            assert set(references(response)) == {"#/components/schemas/ErrorOut"}, f"{name} {status}"


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("POST /api/v1/ask", {"413", "422"}),
        ("POST /api/v1/feedback", {"413", "422"}),
        ("GET /api/v1/entries/{key}", {"404"}),
        ("GET /api/v1/terms/{term}", {"404"}),
        ("GET /api/v1/receipts/{code}", {"422", "503"}),
        ("GET /api/v1/manuals/{manual_id}", {"404"}),
        ("GET /readyz", {"503"}),
        ("GET /api/v1/admin/knowledge", {"401"}),
        ("POST /api/v1/admin/knowledge/validate", {"401"}),
        ("POST /api/v1/admin/knowledge/reload", {"401", "409", "422", "507"}),
        ("GET /api/v1/admin/knowledge/versions", {"401"}),
        ("POST /api/v1/admin/knowledge/rollback", {"401", "409", "422", "507"}),
        ("GET /api/v1/admin/insights/figures", {"401", "403", "422", "503"}),
        ("POST /api/v1/admin/insights/clusters/{key}/dismiss", {"401", "403", "404", "422", "503", "507"}),
        ("POST /api/v1/admin/knowledge.xlsx", {"401", "403", "409", "413", "422", "507"}),
        ("POST /api/v1/admin/hit-test", {"401", "403", "413", "422"}),
        ("POST /api/v1/admin/accounts/{name}/role", {"401", "403", "404", "422"}),
        ("POST /api/v1/admin/audit/verify", {"401", "403", "422", "507"}),
    ],
)
def test_the_errors_that_a_route_gives_are_described(description: dict[str, Any], operation: str, statuses: set[str]):
    described = dict(operations(description))[operation]["responses"]
    assert statuses <= described.keys()


def test_the_description_names_no_server_elsewhere(description: dict[str, Any]):
    assert all(server["url"].startswith("/") for server in description.get("servers", []))
