# make serve   install the light runtime into .venv, build the index, serve on http://127.0.0.1:8000
# make test    install what the tests need (torch, sentence-transformers, chromium, postgresql) and run everything
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TORCH := torch==2.13.0

.PHONY: serve test check bench wheel clean

serve: $(VENV)/.installed
	$(BIN)/yiboshi serve

test: $(VENV)/.installed-test check
	$(BIN)/python scripts/ensure_chromium.py
	$(BIN)/python scripts/ensure_postgres.py
	$(BIN)/python -m pytest

check: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-test
	$(BIN)/python scripts/bench_ask.py

wheel: $(VENV)/.installed
	$(BIN)/python -m pip wheel --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

# A CPU build of torch comes first: left to the resolver, pip may choose a CUDA build of several gigabytes.
$(VENV)/.installed-test: pyproject.toml $(VENV)/.installed
	$(BIN)/python scripts/install_torch.py $(TORCH)
	$(BIN)/python -m pip install --quiet --editable ".[models,test]"
	touch $@
