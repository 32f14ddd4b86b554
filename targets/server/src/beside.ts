/** What stands beside the Compose files: how they are used, by `make` and in words, and what must not be committed. */
import type { HostedProject } from './project.ts'

export const makefile = `# Written by \`groundplan compose\`. With DEV=1 everything is for development: make run DEV=1
# Edit it: what was edited is not overwritten.
.DEFAULT_GOAL := run
.PHONY: build run stop logs help
COMPOSE ?= docker compose
# Said to make, not found in the environment: other tools have a DEV of their own there.
ifeq ($(origin DEV),command line)
FILES := --file docker-compose.dev.yml
KEY :=
else
FILES := --file docker-compose.yml
KEY := key
endif
export GROUNDPLAN_USER ?= $(shell id -u):$(shell id -g)

run: $(KEY) ## Start everything, and wait until it answers (the default)
	$(COMPOSE) $(FILES) up --detach --wait

build: ## Make the images
	$(COMPOSE) $(FILES) build

stop: ## Stop everything; what is kept stays
	$(COMPOSE) $(FILES) down

logs: ## What they say, as they say it
	$(COMPOSE) $(FILES) logs --follow

.PHONY: key
key:
	@test -r "$\${GROUNDPLAN_MASTER_KEY_FILE:-master.key}" || grep -qs ^GROUNDPLAN_MASTER_KEY_FILE= .env || { echo "There is no master key: README.md says how to make one."; exit 1; }

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\\n", $$1, $$2 }' $(MAKEFILE_LIST)
`

export const gitignore = `# Written by \`groundplan compose\`. Secrets, and what was not taken over an edited file.
.env
master.key
*.new
`

export function readme({ systems, web }: HostedProject): string {
  const variables = systems.flatMap(system => system.variables)
  return `# ${systems.map(({ name }) => name).join(', ')} on a machine of your own

Written by \`groundplan compose\`; run that again when a system or a dependency is added. A file that was edited stays as it
is, and what would have been written comes beside it as \`<file>.new\`.

\`\`\`sh
openssl rand -hex 32 > master.key   # once; it opens what is kept: keep a copy elsewhere
chmod 400 master.key && sudo chown 1000 master.key
make build
make run     # http://localhost, when everything answers
make stop
\`\`\`

| file | is |
|---|---|
| \`docker-compose.yml\` | ${web === undefined ? 'nginx and the systems' : 'nginx, the systems, the pages'}: confined containers, health checks, a volume for the data |
| \`docker-compose.dev.yml\` | the same address with the sources mounted: \`make run DEV=1\` |
| \`nginx.conf\` | one address for everything, without CORS |
| \`*.Dockerfile\` | the images |

Set in the environment, or in \`.env\` beside the files:

| variable | is |
|---|---|
| \`GROUNDPLAN_URL\` | where people reach it, such as \`https://shop.example.org\` (\`http://localhost\`) |
| \`GROUNDPLAN_PORT\` | where nginx listens (80) |
| \`GROUNDPLAN_MASTER_KEY_FILE\` | the master key (\`./master.key\`); user 1000 must be able to read it |
${variables.map(name => `| \`${name}\` | a setting or secret of a system |\n`).join('')}`
}
