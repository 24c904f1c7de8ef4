"""What is saved is what a start would publish, so nothing is saved that makes the files unfit to be published."""

from __future__ import annotations

from collections import Counter

from app.editing.bench import Bench
from app.errors import KnowledgeRejected
from app.knowledge.edit import Edit
from app.knowledge.model import Problem


def refuse_faults_made(bench: Bench, change: Edit, message: str) -> None:
    """Raise ``KnowledgeRejected`` if the files have errors with the change that they do not have without it.

    Errors are told by what they say, as the change moves lines and places.
    """
    before = Counter(_says(problem) for problem in _errors(bench, Edit()))
    made = []
    for problem in _errors(bench, change):
        if before[_says(problem)]:
            before[_says(problem)] -= 1
        else:
            found = f"「{problem.found}」" if problem.found else ""
            made.append(f"{problem.mark.file} {problem.key}：{problem.message}{found}")
    if made:
        raise KnowledgeRejected(message, made)


def _errors(bench: Bench, change: Edit) -> list[Problem]:
    return [problem for problem in bench.check(change).problems if problem.severity == "error"]


def _says(problem: Problem) -> tuple[str, str]:
    return problem.message, problem.found
