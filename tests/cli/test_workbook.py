"""Excel and the linter's formats, as a person or a pipeline calls them."""

from __future__ import annotations

import json

from openpyxl import load_workbook

from tests.cli.test_cli import command, error_of
from tests.small_kb import edit
from tests.web.server import World


def test_an_exported_workbook_comes_back_without_a_change(world: World):
    done = command(world, "export-xlsx", "faq.xlsx")
    assert done.returncode == 0, done.stderr
    assert "4 个条目" in done.stdout
    back = json.loads(command(world, "import-xlsx", "faq.xlsx", "--json").stdout)
    assert (back["diff"], back["changed"], back["missing"], back["written"]) == ("", [], [], False)


def test_an_import_shows_the_change_first_and_writes_it_when_told_to(world: World):
    command(world, "export-xlsx", "faq.xlsx")
    path = world.data.parent / "faq.xlsx"
    book = load_workbook(path)
    book["问法"].append(["ca-02", "问法", "锁被锁了怎么开"])
    book.save(path)
    file = world.kb / "faq" / "certificates.yaml"
    before = file.read_text("utf-8")
    done = command(world, "import-xlsx", "faq.xlsx")
    assert "+      - 锁被锁了怎么开" in done.stdout
    assert "修改 1 条" in done.stdout
    assert file.read_text("utf-8") == before
    assert command(world, "import-xlsx", "faq.xlsx", "--write").returncode == 0
    assert "- 锁被锁了怎么开" in file.read_text("utf-8")
    assert command(world, "validate").returncode == 0


def test_a_workbook_with_faults_lists_them_by_row_and_changes_nothing(world: World):
    command(world, "export-xlsx", "faq.xlsx")
    path = world.data.parent / "faq.xlsx"
    book = load_workbook(path)
    book["问法"].append(["ca-20", "问法", "锁被锁了怎么开"])
    book["常见问题"].cell(2, 3).value = "CA证书"
    book.save(path)
    before = (world.kb / "faq" / "certificates.yaml").read_text("utf-8")
    done = command(world, "import-xlsx", "faq.xlsx", "--write", "--json")
    assert done.returncode == 1
    places = {(problem["file"], problem["line"]) for problem in error_of(done)["details"]}
    assert ("faq.xlsx#常见问题", 2) in places
    assert any(file == "faq.xlsx#问法" for file, _ in places)
    assert (world.kb / "faq" / "certificates.yaml").read_text("utf-8") == before


def test_a_pipeline_gets_annotations_at_the_line(world: World):
    mark = edit(world.kb, "faq/certificates.yaml", "related: [ca-02]", "related: [ca-20]")
    done = command(world, "validate", "--format", "github")
    assert done.returncode == 1
    line = next(line for line in done.stdout.splitlines() if line.startswith("::error"))
    assert line.startswith(f"::error file={mark.file},line={mark.line},col=")
    assert "是不是想写「ca-02」" in line
    assert any(line.startswith("::notice") for line in done.stdout.splitlines())


def test_every_format_knows_the_same_problems(world: World):
    edit(world.kb, "faq/certificates.yaml", "related: [ca-02]", "related: [ca-20]")
    problems = json.loads(command(world, "validate", "--format", "json").stdout)["problems"]
    annotations = command(world, "validate", "--format", "github").stdout.splitlines()
    assert len(problems) == len(annotations)
    text = command(world, "validate").stdout
    assert all(problem["message"] in text for problem in problems if problem["severity"] != "note")
