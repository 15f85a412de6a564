# `make run` serves Postcast with everything it needs; `make test` checks and tests it. Both set up what they need first.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 8000
VENV := .venv/bin
# the production settings, checked with values that look real and open nothing
PRODUCTION := env -u DATABASE_URL_FILE DJANGO_SETTINGS_MODULE=config.settings.production \
	SECRET_KEY=checks-only-7c1f0e6a-e0a4-4f5e-9d2c-6b8a3f1d5e90-42-checks-only \
	DATABASE_URL=postgresql://user:password@localhost/postcast REDIS_URL=redis://localhost:6379/0 \
	ALLOWED_HOSTS=postcast.example.com TIKTOK_CLIENT_KEY=key TIKTOK_CLIENT_SECRET=secret \
	ERASURE_LEDGER_PATH=/kept/erasures.jsonl \
	OPERATOR_NAME=check OPERATOR_ADDRESS=check OPERATOR_CONTACT=mailto:check@example.com \
	MAIL_URL=smtps://mail.example.com:465 MAIL_FROM=check@example.com PUBLIC_URL=https://postcast.example.com \
	DATA_ENCRYPTION_KEYS=check:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=

.PHONY: setup run test check check-types check-style check-imports check-production check-schema check-deploy pin tests coverage bench prove catalogues lock clean has-python

has-python:
	@"$(PYTHON)" -c "import sys; print(sys.version_info[:2])" 2>/dev/null | grep -qxF "(3, 11)" || { \
		echo "Postcast cannot be set up: it needs Python 3.11, and $(or $(PYTHON),python3) is none;" \
		"install Python 3.11 or name it: make PYTHON=/path/to/python3.11"; exit 1; }

setup: has-python
	@exec "$(PYTHON)" deploy/local/setup.py

run: has-python
	@exec "$(PYTHON)" deploy/local/setup.py --port "$(PORT)"
	@exec $(VENV)/python -m deploy.local.run --port "$(PORT)"

test: check tests

# each check is shown when it is done, and all are done even if one fails
check: setup
	@$(MAKE) --no-print-directory --keep-going -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync) \
		check-types check-style check-imports check-production check-schema check-deploy

check-types:
	$(VENV)/mypy

check-style:
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

check-imports:
	$(VENV)/lint-imports

check-production:
	$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING

check-schema:
	$(VENV)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

# the chart is rendered and checked by tests/deploy/test_chart.py
check-deploy:
	$(VENV)/hadolint Dockerfile deploy/pgbouncer/Dockerfile
	$(VENV)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(VENV)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/yamllint --strict docker-compose.yml .github deploy/helm/postcast/values.yaml

# digests of the images, from their registries: needs Docker
pin:
	@exec deploy/pin.sh

# one thread each: the two processes have two cores
PYTEST := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(VENV)/python -m pytest -m "not prove" --hypothesis-profile repeatable
BESIDE := -n 2 --dist loadfile --no-loadscope-reorder

# what fails where others take its time is named and tried once more, alone; what fails alone, fails
tests: setup
	@$(PYTEST) $(BESIDE) || { [ $$? = 1 ] && echo "Once more, alone: what failed beside other tests" && \
		$(PYTEST) --last-failed --last-failed-no-failures none; }

# the same tests, which take more than half as long again when lines are counted
coverage: setup
	$(PYTEST) $(BESIDE) --cov --cov-report=term:skip-covered --cov-fail-under=90

# SEED=, SCALE= and OUT= change it; it installs the load generator into .run/ at its first run
bench: setup
	$(VENV)/python -m tests.bench

prove: setup
	$(VENV)/python -m tests.prove

# words of the pages into config/locale, and the catalogues compiled
catalogues: setup
	$(VENV)/python -m tests.languages.catalogues

lock: setup
	$(VENV)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		--custom-compile-command "make lock" requirements/runtime.in -o requirements/runtime.txt
	$(VENV)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		--custom-compile-command "make lock" -c requirements/runtime.txt requirements/train.in -o requirements/train.txt
	$(VENV)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		--custom-compile-command "make lock" -c requirements/runtime.txt requirements/tracing.in -o requirements/tracing.txt
	$(VENV)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		--custom-compile-command "make lock" -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
	$(VENV)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
		--custom-compile-command "make lock" -c requirements/runtime.txt requirements/bench.in -o requirements/bench.txt

clean:
	@if [ -e .venv/.complete ] && [ -d .run ]; then $(VENV)/python -m deploy.local.clean; fi
	@rm -rf .venv .run staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	@find . -name __pycache__ -not -path "./.git/*" -prune -exec rm -rf {} +
