# `make help` lists the targets. Each needs only make, git and some Python 3: see tools/env.sh.
.DEFAULT_GOAL := help
.PHONY: help env env-run study test verify reproduce docs lint lock bench clean

STUDY = experiments/annual_claim/study.toml

help: ## List the targets
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 14

env: ## Make the development environment in .venv
	@sh tools/env.sh dev

env-run: # what a study needs, without the test tools
	@sh tools/env.sh run

study: env-run ## Run the default study (quick) into runs/; a second call resumes it
	.venv/bin/simdesign run $(STUDY) --size quick

test: env ## Run all tests, two files at a time; e.g. make test ARGS="tests/quality -x -n 0"
	.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

verify: env ## Check the exact engine's models at full size (10,000 draws) into results/model_check*/
	set -e; for name in model_check model_check_steps model_check_priors; do \
		.venv/bin/simdesign check-model experiments/$$name/study.toml --size full \
			--out results/$$name; \
	done

reproduce: env-run ## Run published results again and compare: make reproduce NAME=annual_claim
	.venv/bin/simdesign reproduce results/$(NAME)

docs: env ## Build the documentation site into build/docs/
	.venv/bin/python -m sphinx -W --keep-going -q -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

lint: env ## Check style, types and import contracts only
	.venv/bin/python -m pytest tests/quality $(ARGS)

lock: ## Refresh locks/ after a change of pyproject.toml; UPGRADE=1 takes newer versions
	@UPGRADE=$(UPGRADE) sh tools/lock.sh

bench: env ## Run the benchmarks: every benchmarks/bench_*.py prints its figures
	@set -e; for file in benchmarks/bench_*.py; do echo "== $$file"; .venv/bin/python $$file; done

clean: ## Remove .venv, .tools and caches; runs/ stays
	rm -rf .venv .tools build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +
