# Everything a person types here. Plain sh and GNU make 3.81, so that it works on Linux and macOS as they come.
#   PYTHON=…       the Python to make .venv with, in place of the first that fits
#   LAB_FLAGS=…    more words for JupyterLab, such as --no-browser
#   GRADE_FLAGS=…  more words for `autograder grade`
#   CORPUS_FLAGS=… more words for the corpus, such as "--kept corpus.jsonl", "--ways ours" or "--only tag-*"
#   TEST_FLAGS=…   more words for pytest in `make test-browser`, such as "-k convolution -x"
#   CHROMIUM=…     the browser to test in, in place of the first of its family on the path
#   BENCH_FLAGS=…  more words for the benchmark, such as --resume, --quick, --pairs 3 or "--only birds"

SHELL = /bin/sh
PYTHON ?=
LAB_FLAGS ?=
GRADE_FLAGS ?=
BENCH_FLAGS ?=
CORPUS_FLAGS ?=
TEST_FLAGS ?=
CHROMIUM ?=

BIN = .venv/bin
# Programs call others by name (nbgrader calls alembic), so .venv comes first on their path.
RUN = PATH="$(CURDIR)/$(BIN):$$PATH"
PYTEST = $(RUN) CONVCOURSE_DATA=sample $(BIN)/python -m pytest

# Files of tests go side by side, each as a whole: its tests share what took long to make.
SIDE_BY_SIDE = --numprocesses=auto --maxprocesses=4 --dist=loadfile

# Two threads that spin while they wait for each other are slower than one.
export OMP_WAIT_POLICY = PASSIVE
export CHROMIUM
# What somebody has set for other work must not change what is built, tested or marked.
unexport MPLBACKEND
unexport PYTHONPATH
unexport PYTHONHOME
unexport NBGRADER_EXECUTION

.PHONY: help venv lab grade test test-browser screenshots test-colab notebooks site bench corpus clean distclean

help:
	@echo "make lab        open JupyterLab with the student's notebooks"
	@echo "make grade      mark the class in submitted/ (with nothing there: an example class)"
	@echo "make test       run every test but those in a browser"
	@echo "make test-browser  the notebooks, figures and pages in Chromium and on a machine like Colab's; needs chromium and npm"
	@echo "make screenshots   take the README's pictures of notebooks anew, into .github/images/"
	@echo "make test-colab    of these, every notebook alone on a machine like Colab's (made once in your cache, 1.5 GB at most)"
	@echo "make notebooks  build the notebooks from the lessons in solutions/"
	@echo "make site       build pages to read, into build/site; the first time it runs the lessons, which takes minutes"
	@echo "make bench      measure how soon training gets there and what marking costs (two hours), into benchmarks/*.md"
	@echo "make corpus     mark hundreds of dishonest, broken and odd notebooks, beside stock nbgrader (hours)"
	@echo "make venv       only make .venv and install what the course needs; the others do so by themselves"
	@echo "make clean      remove caches and build leftovers; never anybody's work or marks"
	@echo "make distclean  the same, and .venv"

venv: .venv/.installed

lab: .venv/.installed
	@echo "» opening JupyterLab on notebooks/ (stop it with Ctrl-C)"
	@$(RUN) $(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks $(LAB_FLAGS)

grade: .venv/.installed
	@echo "» marking the class"
	@$(RUN) $(BIN)/autograder grade $(GRADE_FLAGS)

notebooks: .venv/.installed
	@echo "» building the notebooks from solutions/*.py"
	@$(RUN) $(BIN)/autograder build

site: .venv/.installed
	@echo "» building the pages"
	@$(RUN) $(BIN)/autograder site

bench: .venv/.installed
	@echo "» measuring; nothing else should run meanwhile (after Ctrl-C, BENCH_FLAGS=--resume goes on)"
	@$(RUN) $(BIN)/python -m benchmarks.compare $(BENCH_FLAGS)
	@$(RUN) $(BIN)/python -m benchmarks.birds $(BENCH_FLAGS)
	@$(RUN) $(BIN)/python -m benchmarks.grading $(BENCH_FLAGS)

corpus: .venv/.installed
	@$(RUN) $(BIN)/python -m tests.grading.corpus.run $(CORPUS_FLAGS)

test: .venv/.installed
	@$(SANDBOX_THERE)
	@echo "» style (ruff)"
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@echo "» types (mypy)"
	@$(BIN)/mypy
	@echo "» are the notebooks what the lessons build?"
	@$(RUN) $(BIN)/autograder build --check
	@echo "» tests"
	@$(PYTEST) $(SIDE_BY_SIDE) --ignore=tests/colab $(LEFT_OUT)
	@echo "» the solved notebooks still give the outputs that they show"
	@$(PYTEST) --nbval-lax --nbval-current-env --nbval-cell-timeout=300 solutions/*/*.ipynb
	@echo "» all tests passed; make test-browser runs those in a browser"

test-browser: .venv/.installed
	@$(BROWSER_THERE)
	@echo "» what npm has for the tests"
	@npm --prefix tests/browser ci --no-audit --no-fund --loglevel=error
	@echo "» style of the figures' scripts (eslint)"
	@npm --prefix tests/browser run --silent lint
	@echo "» tests in a browser, and every notebook alone on a machine like Colab's"
	@$(PYTEST) tests/browser tests/colab $(TEST_FLAGS)
	@echo "» all tests in a browser passed"

screenshots: .venv/.installed
	@$(BROWSER_THERE)
	@echo "» taking the README's pictures"
	@PICTURES="$(CURDIR)/.github/images" $(PYTEST) tests/browser/test_readme.py

# Needs the network: that machine installs its packages, and the course with pip.
test-colab: .venv/.installed
	@echo "» every notebook alone on a machine like Colab's"
	@$(PYTEST) tests/colab

clean:
	@rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find autograder benchmarks convcourse solutions tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "» removed caches and build leftovers; kept .venv, notebooks/ and all work and marks of a class"

distclean: clean
	@rm -rf .venv
	@echo "» removed .venv"

# Marking runs in a sandbox that only Linux has. There its tests fail where bubblewrap is missing; elsewhere they are
# left out, which is said.
ifeq ($(shell uname),Linux)
SANDBOX_THERE = command -v bwrap >/dev/null || { \
  echo "bubblewrap is missing, and marking is tested with it: sudo apt install bubblewrap (dnf, pacman: the same name)" >&2; \
  exit 1; }
LEFT_OUT =
else
SANDBOX_THERE = echo "» marking needs Linux: tests/grading and tests/notebooks/test_scores.py are left out here"
LEFT_OUT = --ignore=tests/grading --ignore=tests/notebooks/test_scores.py
endif

# Any of the family will do; tests/browser/conftest.py looks for the same.
define BROWSER_THERE
command -v npm >/dev/null || { \
  echo "npm is missing, which brings axe-core and eslint: sudo apt install nodejs npm" >&2; exit 1; }; \
there=; for program in "$${CHROMIUM:-none}" chromium chromium-browser google-chrome google-chrome-stable; do \
  if command -v "$$program" >/dev/null; then there=yes; break; fi; \
done; \
[ -n "$$there" ] || { \
  echo "There is no Chromium: sudo apt install chromium, or make $(MAKECMDGOALS) CHROMIUM=/path/to/it" >&2; exit 1; }
endef

# One environment for all: it has what students, graders and developers need, in the versions of requirements.lock.
# The stamp comes last, so that what was interrupted or failed is done again.
.venv/.installed: pyproject.toml requirements.lock
	@rm -f $@
	@$(MAKE_VENV)
	@echo "» installing the packages: minutes, once (on Linux a download of about 3 GB, as PyTorch brings CUDA)"
	@$(BIN)/python -m pip install --constraint requirements.lock --editable '.[dev]' || { \
	  echo "The packages could not be installed; pip says above why. They need the network, 10 GB of disk," >&2; \
	  echo "and a machine that PyTorch is built for: Linux, or macOS 14 or later on Apple silicon." >&2; \
	  echo "The same command tries again." >&2; \
	  exit 1; }
	@touch $@

# A .venv that was copied or moved runs the programs of its old place, and one whose Python was removed runs nothing:
# both are made afresh, whatever the stamp says.
MADE_HERE := $(shell test -x $(BIN)/python && grep -sF " $(CURDIR)/.venv" .venv/pyvenv.cfg)
ifndef MADE_HERE
.PHONY: .venv/.installed
endif

# The first Python that fits. A name on the path may be a shim that fails, so each is asked; and an activated .venv is
# taken off the path, as it cannot make itself anew.
define MAKE_VENV
if $(if $(MADE_HERE),true,false) && $(BIN)/python -m pip --version >/dev/null 2>&1; then exit 0; fi; \
PATH="$${PATH#"$(CURDIR)/$(BIN):"}"; \
for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3 python); do \
  version=`"$$python" -c 'import sys; v = sys.version_info[:2]; print("%d.%d" % v if (3, 11) <= v <= (3, 13) else "")' 2>/dev/null`; \
  [ -n "$$version" ] || continue; \
  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { incomplete="$$version"; continue; }; \
  echo "» making .venv with Python $$version"; \
  exec "$$python" -m venv --clear .venv; \
done; \
if [ -n "$$incomplete" ]; then \
  echo "Python $$incomplete is here without its venv module (on Debian and Ubuntu: sudo apt install python3-venv)." >&2; \
else \
  echo "The course needs Python 3.11, 3.12 or 3.13, and $(or $(PYTHON),what is on the path) is not one that works." >&2; \
fi; \
echo "Another one can be named: make $(MAKECMDGOALS) PYTHON=/path/to/python3.12" >&2; \
exit 1
endef
