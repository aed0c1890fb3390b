# Six recipes; `make` lists them. They use the environment in .venv, which the README's test command makes.
BIN := .venv/bin

.PHONY: help test check build lesson demo docs
help:           ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

test:           ## all tests (make test ARGS="tests/desk -k cost" for some)
	$(BIN)/python -m pytest -q $(or $(ARGS),-n 2 --dist loadfile)

check:          ## what CI refuses besides failing tests: style, types, stale lessons
	@bash .ci/check

build:          ## solutions/ -> lessons/, and the README's table
	$(BIN)/prep build

lesson:         ## prove one lesson: make lesson NAME=metrics
	$(BIN)/python -m pytest -q tests/lessons/test_lessons.py tests/test_backends.py -k $(NAME)

demo:           ## a small class from notebooks to feedback and report
	$(BIN)/prep demo

docs:           ## the documentation as a site, in site/
	$(BIN)/mkdocs build --quiet
