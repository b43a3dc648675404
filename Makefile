# Every command of the project. A plain `make` lists them.

VENV = .venv/bin
RUN = @.ci/venv requirements.txt
DEV = @.ci/venv requirements-dev.txt

# A production site, as far as its settings go: what `check --deploy` looks at.
PRODUCTION = ENV_FILE=/dev/null DEBUG=0 DEMO=0 ALLOWED_HOSTS=prakerja.example \
	EMAIL_HOST=mail.prakerja.example SMS_GATEWAY=https://sms.prakerja.example/ DATA_DIR=var/check \
	SECRET_KEY=$$($(VENV)/python -c 'import secrets; print(secrets.token_urlsafe(64))')

PYTEST = $(VENV)/python -m pytest --numprocesses logical --maxprocesses 8 \
	--dist loadgroup --cov

.PHONY: help run test check fmt lock bench mutants clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name words; do \
		printf '  make %-8s %s\n' "$$name" "$$words"; done

run: ## serve the demo on http://127.0.0.1:8000 (PORT=8001 make run: on another port)
	$(RUN)
	@DEBUG=0 DEMO=$${DEMO:-1} exec $(VENV)/python manage.py serve

# What pages look like is the same on either database, so that is looked at once.
test: ## run every test, on SQLite and on PostgreSQL, with coverage
	$(DEV)
	@$(VENV)/python -m tests.chromium
	$(PYTEST) --cov-report= --cov-fail-under=0
	$(VENV)/python -m tests.on_postgres $(PYTEST) --cov-append --ignore=tests/browser/pages

check: ## lint, types, architecture, migrations, production settings, Dockerfile
	$(DEV)
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/djade --target-version 6.1 --check $$(find templates -name '*.html')
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/hadolint Dockerfile
	$(PRODUCTION) $(VENV)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING

fmt: ## format the code and mend what the linter can
	$(DEV)
	$(VENV)/ruff check --fix-only --quiet .
	$(VENV)/ruff format .
	$(VENV)/djade --target-version 6.1 $$(find templates -name '*.html') || true

# Names, versions and hashes only: no address of a registry gets into the lock files.
COMPILE = $(VENV)/uv pip compile pyproject.toml --quiet --universal \
	--python-version 3.12 --generate-hashes --no-emit-index-url --no-header --extra redis

lock: ## write requirements*.txt anew from pyproject.toml (UPGRADE=1: newest versions)
	$(DEV)
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt

bench: ## run the measurements of benchmarks/ (docs/performance.md)
	$(DEV)
	@for script in benchmarks/*.py; do echo "== $$script"; \
		$(VENV)/python "$$script" || exit 1; done

mutants: ## break the rules on purpose and see that a test notices
	$(DEV)
	@rm -rf mutants/var
	$(VENV)/mutmut run --max-children 1
	$(VENV)/mutmut results

clean: ## remove what can be made again; var/ with its data stays
	rm -rf .venv mutants htmlcov .coverage* .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis build *.egg-info var/static var/check var/tests
	find . -name __pycache__ -prune -exec rm -rf {} +
