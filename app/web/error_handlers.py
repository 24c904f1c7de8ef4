"""Every failure -> ``{error: {code, message, details[]}}``, with a message for people.

Browsers that open a page of the administrators get a page instead: the sign-in page if that is what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from app.database import DatabaseUnusable, reason
from app.errors import AppError, MustChangePassword, Unauthorized
from app.web import addresses, pages

log = logging.getLogger("yiboshi")

NOTHING_THERE = ("not_found", "没有这个地址")
_HTTP = {
    400: ("invalid_request", "请求的内容读不出来：格式不对，或者其中一项文字太长"),
    404: NOTHING_THERE,
    405: ("method_not_allowed", "这个地址不支持这种请求方法"),
    413: ("too_large", "请求太大"),
}


def error_response(
    status: int, code: str, message: str, details: Any = (), headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = {"error": {"code": code, "message": message, "details": list(details)}}
    return JSONResponse(body, status, dict(headers or {}))


def install(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(SQLAlchemyError, _database_failed)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


def _app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return answer_to(request, error)


def answer_to(request: Request, error: AppError) -> Response:
    if _wants_page(request):
        return _page(request, error)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
    return error_response(error.status, error.code, error.message, error.data(), headers)


def _wants_page(request: Request) -> bool:
    return addresses.is_page(request.url.path) and "text/html" in request.headers.get("accept", "")


DATABASE_AWAY = "数据库现在用不了，请稍后再试"


def database_failed(error: Exception) -> JSONResponse:
    log.error("数据库现在用不了：%s", reason(error))
    return error_response(503, DatabaseUnusable.code, DATABASE_AWAY)


def _database_failed(request: Request, error: Exception) -> Response:
    log.error("数据库现在用不了：%s", reason(error))
    return _app_error(request, DatabaseUnusable(DATABASE_AWAY))


def _page(request: Request, error: AppError) -> Response:
    path = request.url.path
    if isinstance(error, Unauthorized):
        back = request.method in ("GET", "HEAD")
        target = addresses.to_sign_in(path, request.url.query) if back else addresses.to("sign-in", path)
        return RedirectResponse(target, 303)
    if isinstance(error, MustChangePassword):
        return RedirectResponse(addresses.to("account", path), 303)
    return _problem_page(request, error.status, error.message, error.details)


def _problem_page(request: Request, status: int, problem: str, details: Sequence[Any] = ()) -> Response:
    context = {"problem": problem, "details": details, "up": addresses.to("", request.url.path)}
    return pages.templates.TemplateResponse(request, "admin_problem.html", context, status_code=status)


def _invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = []
    for fault in error.errors():
        where = [str(part) for part in fault["loc"]]
        details.append({"where": ".".join(where), "message": _sentence(fault)})
    return error_response(422, "invalid_request", "请求不合要求：" + "；".join(d["message"] for d in details), details)


def _sentence(fault: Any) -> str:
    name = str(fault["loc"][-1])
    context = fault.get("ctx", {})
    sentences = {
        "json_invalid": "内容不是合法的 JSON",
        "missing": f"缺少 {name}",
        "extra_forbidden": f"没有 {name} 这个参数",
        "string_too_long": f"{name} 超过 {context.get('max_length')} 字",
        "string_too_short": f"{name} 是空的",
        "string_pattern_mismatch": f"{name} 的写法不对",
        "string_type": f"{name} 应是文字",
        "string_unicode": "文字里有不能识别的字符",
        "too_short": f"{name} 至少 {context.get('min_length')} 项",
        "too_long": f"{name} 最多 {context.get('max_length')} 项，这里有 {context.get('actual_length')} 项",
        "missing_argument": f"缺少 {name}",
        "literal_error": f"{name} 只能是 {context.get('expected', '').replace(' or ', '、').replace(', ', '、')}",
        "value_error": f"{name}：{context.get('error', '')}",
        "model_attributes_type": "内容应是 JSON 对象",
        "bool_type": f"{name} 应是 true 或 false",
        "bool_parsing": f"{name} 应是 true 或 false",
        "int_type": f"{name} 应是整数",
        "int_parsing": f"{name} 应是整数",
        "int_from_float": f"{name} 应是整数",
        "int_parsing_size": f"{name} 太大",
        "greater_than_equal": f"{name} 不能小于 {context.get('ge')}",
        "less_than_equal": f"{name} 不能大于 {context.get('le')}",
    }
    if fault["type"].startswith("date"):
        return f"{name} 应是日期，如 2026-11-24"
    return sentences.get(fault["type"], f"{name}：{fault['msg']}")


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, message = _HTTP.get(error.status_code, ("http_error", "请求没有成功"))
    if _wants_page(request):
        return _problem_page(request, error.status_code, message)
    return error_response(error.status_code, code, message, headers=error.headers)
