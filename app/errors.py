"""Errors that are meant for people.  Each family fixes its HTTP status; only ``web`` turns one into JSON."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any


class AppError(Exception):
    """Base of every error a caller may show: a stable ``code``, an HTTP ``status``, a Chinese ``message``, details."""

    code: str
    status: int

    def __init__(self, message: str, details: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = list(details)

    def data(self) -> list[Any]:
        """The details as JSON can hold them."""
        return [item.as_dict() if hasattr(item, "as_dict") else item for item in self.details]


class NotFound(AppError):
    code = "not_found"
    status = 404


class Unauthorized(AppError):
    code = "unauthorized"
    status = 401


class Forbidden(AppError):
    """Known, but of a role that may not."""

    code = "forbidden"
    status = 403


class MustChangePassword(AppError):
    """The password was chosen by somebody else, and nothing may be done before it is changed."""

    code = "must_change_password"
    status = 403


class NotReady(AppError):
    """No knowledge is being served yet."""

    code = "not_ready"
    status = 503


class KnowledgeRejected(AppError):
    """The knowledge has errors; ``details`` lists every problem."""

    code = "knowledge_rejected"
    status = 422


class DraftUnreadable(AppError):
    """A text that cannot become an entry; ``details`` are problems with the lines of that text."""

    code = "draft_unreadable"
    status = 422


class EditConflict(AppError):
    """What was to be edited is no longer what was opened; ``details`` say what stands there now.  Nothing was changed."""

    code = "edit_conflict"
    status = 409


class FileUnreadable(AppError):
    """A knowledge file that cannot be read cannot be edited either; ``details`` say why."""

    code = "file_unreadable"
    status = 409


class GateBlocked(AppError):
    """Protected questions or figures stand against a publication; ``details`` say which, and what else would change."""

    code = "gate_blocked"
    status = 409


class EditedMeanwhile(AppError):
    """The files are no longer those that somebody has looked at."""

    code = "edited_meanwhile"
    status = 409


class NeedsSecondPerson(AppError):
    """Two-person sign-off stands against a publication; ``details`` hold the proposal, if there is one."""

    code = "needs_second_person"
    status = 409


class RollbackImpossible(AppError):
    code = "rollback_impossible"
    status = 409


class PublishBusy(AppError):
    code = "publish_busy"
    status = 409


class IndexUnusable(AppError):
    """A stored index is damaged, or was made by another encoder."""

    code = "index_unusable"
    status = 500


class EncoderUnusable(AppError):
    code = "encoder_unusable"
    status = 500


class StorageFailed(AppError):
    """Disk full, no permission: nothing was changed."""

    code = "storage_failed"
    status = 507


OS_REASONS: Mapping[int, str] = {
    errno.ENOSPC: "磁盘满了",
    errno.EDQUOT: "超出了磁盘配额",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "只读，不能写",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOTDIR: "路径里有一段不是文件夹",
    errno.EISDIR: "这是文件夹，不是文件",
    errno.EIO: "磁盘读写出错",
    errno.EMFILE: "打开的文件太多",
    errno.ENFILE: "打开的文件太多",
}


def os_reason(error: OSError) -> str:
    """Why the system refused, for people; its own words where there are none of ours."""
    return OS_REASONS.get(error.errno or 0) or error.strerror or str(error)
