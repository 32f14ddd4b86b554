# Without make: `npm start`, `npm run dev`, `npm test`, `npm run build`, `npm run check`, `npm run stop`.
# Options go on after ARGS, for example: make run ARGS="--port 4000"
.DEFAULT_GOAL := run
.PHONY: run dev stop test build check format help
ARGS ?=

run: ## Install what is missing, build what changed, start everything (the default)
	@node scripts/start.mjs $(ARGS)

dev: ## The same, and each file that is saved is taken in
	@node scripts/dev.mjs $(ARGS)

stop: ## Stop what `make run` or `make dev` started in this folder
	@node scripts/stop.mjs

test: ## Check everything: style, types, build, all tests
	@node scripts/test.mjs $(ARGS)

build: ## Install what is missing, build what changed
	@node scripts/build.mjs

check: ## Style and types only
	@node scripts/check.mjs

format: ## Put every file into the project's style
	@node scripts/check.mjs --write

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
