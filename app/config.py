"""Settings: the one place that reads the environment and ``yiboshi.toml``.  Frozen; a bad value stops the start."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.errors import AppError

PACKAGE = Path(__file__).parent
CHECKOUT = (
    PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() and (PACKAGE.parent / "kb").is_dir() else None
)
"""The repository this runs from, or None for an installed wheel, which carries knowledge and encoder inside."""
DEFAULTS = PACKAGE / "_defaults"

ORIGIN = re.compile(r"(https?)://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?")


class BadSettings(AppError):
    code = "bad_settings"
    status = 500


def config_file() -> Path:
    """``YIBOSHI_CONFIG`` if set, else ``yiboshi.toml`` in the working folder."""
    return Path(os.environ.get("YIBOSHI_CONFIG") or "yiboshi.toml")


class Settings(BaseSettings):
    """Name, type, default and help of every setting; the README's table is checked against this class by a test."""

    model_config = SettingsConfigDict(env_prefix="YIBOSHI_", frozen=True, extra="forbid", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="监听地址；对外服务时填网卡地址或 0.0.0.0")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="监听端口")
    workers: Annotated[int, Field(ge=1, le=32)] = Field(1, description="工作进程数")
    threads: Annotated[int, Field(ge=1, le=64)] = Field(1, description="每个进程里模型计算用的线程数")
    kb_dir: Path = Field(
        CHECKOUT / "kb" if CHECKOUT else DEFAULTS / "kb", description="知识库文件夹（YAML）", validate_default=True
    )
    overlays: tuple[Path, ...] = Field(
        (), description="叠加层文件夹的列表（分中心自己的电话、条目），写在后面的优先；JSON 列表或 TOML 数组"
    )
    data_dir: Path = Field(
        CHECKOUT or user_data_path("yiboshi", False),
        description="写入的内容放在哪里：indexes/（索引）、laws/（导入的法规全文）、yiboshi.db（记录）",
    )
    encoder: Path = Field(
        CHECKOUT / "indexes" / "encoder" if CHECKOUT else DEFAULTS / "encoder",
        description="模型文件夹：自带模型，或任一 sentence-transformers 模型的本地文件夹",
    )
    admin_token: SecretStr | None = Field(
        None, description="管理接口的令牌，至少 16 个字符；不设、也没建过账号，则管理页和管理接口都不存在"
    )
    secure_cookies: str = Field(
        "auto",
        pattern="^(auto|always)$",
        description="登录的 cookie 何时只走 https：auto 看请求是不是 https 来的，always 总是（https 在别的机器上解开时）",
    )
    two_person: bool = Field(False, description="双人发布：提交改动的人不能自己发布")
    git_commit: bool = Field(False, description="知识库文件夹在 git 仓库里时，每次发布后把它提交一次（只提交，不推送）")
    keep_versions: Annotated[int, Field(ge=3, le=50)] = Field(10, description="留着多少个发布过的版本，用来退回")
    embed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="可以把咨询窗口嵌进自己网页的网站，写到域名为止，如 https://ggzy.example.cn；多个用空格隔开",
    )
    database_url: SecretStr | None = Field(
        None,
        description="数据库：不设则用 data_dir 里的 yiboshi.db（SQLite），或 postgresql://用户:密码@主机/库名",
        validate_default=True,
    )
    journal: bool = Field(True, description="是否记录提问和反馈（个人信息先遮盖）；false 则什么都不写")
    journal_days: Annotated[int, Field(ge=180)] = Field(184, description="记录留多少天，至少 180；更早的每天自动删除")
    project_number_pattern: str | None = Field(
        None, description="本中心项目编号的样子（正则表达式，按半角字符写），设了就在记录里遮盖；不设则不遮盖"
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error)$", description="日志级别 debug/info/warning/error"
    )

    @field_validator("admin_token")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("至少 16 个字符")
        return value

    @field_validator("database_url")
    @classmethod
    def _of_a_known_kind(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"(sqlite|postgresql(\+psycopg)?)://", value.get_secret_value()):
            raise ValueError("应以 postgresql:// 或 sqlite:/// 开头")
        return value

    @field_validator("project_number_pattern")
    @classmethod
    def _is_a_pattern(cls, value: str | None) -> str | None:
        try:
            if value is not None and re.compile(value, re.ASCII).match(""):
                raise ValueError("这个正则表达式什么都匹配")
        except re.error as error:
            raise ValueError(f"不是正则表达式：{error}") from error
        return value

    @field_validator("embed_origins", mode="before")
    @classmethod
    def _as_browsers_write_them(cls, value: str | Sequence[str]) -> tuple[str, ...]:
        """Origins as a browser reports them, which is how they are compared: lower case, the usual port left out."""
        origins = []
        for text in value.split() if isinstance(value, str) else value:
            match = ORIGIN.fullmatch(str(text).strip().lower())
            if match is None:
                raise ValueError(f"「{text}」应写成 https://域名 或 http://地址:端口，后面不带路径，不用通配符")
            scheme, host, port = match.groups()
            usual = {"http": "80", "https": "443"}[scheme]
            origins.append(f"{scheme}://{host}" + (f":{port}" if port and port != usual else ""))
        return tuple(origins)

    @property
    def indexes(self) -> Path:
        return self.data_dir / "indexes"

    @property
    def laws(self) -> Path:
        return self.data_dir / "laws"

    @property
    def database(self) -> str:
        """The address of the database, with its password."""
        return (
            self.database_url.get_secret_value() if self.database_url else f"sqlite:///{self.data_dir / 'yiboshi.db'}"
        )

    @property
    def audit_dir(self) -> Path:
        return self.data_dir / "audit"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=config_file())


def load_settings(**overrides: Any) -> Settings:
    """Read the settings once; raises ``BadSettings`` listing every wrong name and value."""
    chosen = {name: value for name, value in overrides.items() if value is not None}
    problems = [
        f"环境变量 {name}：没有这项设置"
        for name in os.environ
        if name.startswith("YIBOSHI_") and name != "YIBOSHI_CONFIG" and name[8:].lower() not in Settings.model_fields
    ]
    if "YIBOSHI_CONFIG" in os.environ and not config_file().is_file():
        problems.append(f"YIBOSHI_CONFIG：找不到文件 {config_file()}")
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        for fault in error.errors():
            name = ".".join(str(part) for part in fault["loc"])
            known = Settings.model_fields.get(name)
            secret = known is not None and "SecretStr" in str(known.annotation)
            shown = "" if secret else f"，现为「{fault['input']}」"
            about = f"（{known.description}）" if known else ""
            problems.append(f"{name}{about}：{_reason(fault)}{shown}")
        raise BadSettings("设置有误，没有启动", problems) from error
    except ValueError as error:  # unreadable TOML
        raise BadSettings("设置有误，没有启动", [*problems, f"{config_file()}：{error}"]) from error
    if problems:
        raise BadSettings("设置有误，没有启动", problems)
    return settings


def _reason(fault: Any) -> str:
    context = fault.get("ctx", {})
    reasons = {
        "extra_forbidden": "没有这项设置",
        "int_parsing": "应是整数",
        "bool_parsing": "应是 true 或 false",
        "greater_than_equal": f"不能小于 {context.get('ge')}",
        "less_than_equal": f"不能大于 {context.get('le')}",
        "string_pattern_mismatch": "取值不在允许范围",
        "value_error": str(context.get("error", "")),
    }
    return str(reasons.get(fault["type"], fault["msg"]))
