# Everything sets itself up: each target below works on a fresh clone with Node >= 20.19, npm and make.
# Arguments go through ARGS:  make demo ARGS=--once   make run ARGS="--config my.yaml"
ARGS ?=
SOURCES := $(shell find src -type f -not -name '*.test.ts' -not -path 'src/testkit/*.ts' -o -path 'src/testkit/simulated-camera/*.ts' -not -name '*.test.ts') tsconfig.json tsconfig.build.json package-lock.json tools/build.mjs
# Its install script downloads CUDA libraries where it finds a CUDA toolkit; the CPU ones are inside the package.
export ONNXRUNTIME_NODE_INSTALL := skip

.PHONY: help run demo test check bench dev build setup setup-packages setup-run setup-test clean
.DEFAULT_GOAL := help

help: ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

run: setup-run dist/.built ## Run HomeSec: make run ARGS="--config my.yaml"
	@exec node dist/main.js run $(ARGS)

demo: setup-run dist/.built ## A drawn camera, end to end, no account and no internet needed: make demo ARGS=--once
	@exec node dist/main.js demo $(ARGS)

test: setup-test dist/.built ## All tests: unit, integration (real ffmpeg, Postgres, broker, models), end to end
	@node tools/test.mjs $(ARGS)

check: setup-packages ## Types, lint, boundaries, format, unit tests; under a minute
	@node tools/check.mjs $(ARGS)

bench: setup-test dist/.built ## The promised numbers, as one table
	@node tools/bench.mjs $(ARGS)

dev: setup-run ## Run from the sources, restarting on change: make dev ARGS="run --config my.yaml"
	@exec node_modules/.bin/tsx watch --clear-screen=false src/main.ts $(or $(ARGS),demo)

build: setup-packages dist/.built ## Compile into dist/

setup: setup-test ## Install all that the other targets need, and nothing else

setup-packages:
	@tools/setup.sh packages

setup-run:
	@tools/setup.sh run

setup-test:
	@tools/setup.sh test

dist/.built: $(SOURCES) | setup-packages
	@node tools/build.mjs

clean: ## Remove what was built (node_modules stays)
	@rm -rf dist .tmp node_modules/.cache
