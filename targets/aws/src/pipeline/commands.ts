/**
 * What the steps of a pipeline run: lines for a shell, the same on every host. They expect AWS_REGION and credentials of a
 * role; nothing in them is secret, and no account number stands in them.
 */
import { needsEdge } from '../application/edge.ts'
import { releaseName } from '../application/release.ts'
import type { System } from '../system.ts'
import { web } from '../system.ts'
import { type Image, notCommitted, notCounted, type Stop, type Way } from './way.ts'

export type Lines = readonly string[]

export function prepare({ flow }: Way): Lines {
  return flow.prepare ?? ['npm ci --ignore-scripts']
}

/** What must hold before anything is deployed. */
export function checks(way: Way): Lines {
  return [
    ...prepare(way),
    `npx groundplan check ${way.name}`,
    `npx groundplan synth ${way.name} --check`,
    ...(way.flow.checks ?? []),
  ]
}

// ---------- images

/**
 * Names an image by the content of what it is made of: what did not change has the same name as before, and is there
 * already. Looked at before anything is installed or built in the folders.
 */
export function tagOf({ paths, without }: Image): string {
  const pruned = [...without.map(each => `-path ${each}`), ...notCommitted.map(each => `-name ${each}`)].join(' -o ')
  const names = notCounted.map(each => `! -name '${each}'`).join(' ')
  const found = `find ${paths.join(' ')} \\( ${pruned} \\) -prune -o -type f ${names} -print0`
  return `$(${found} | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-40)`
}

export function variableOf({ name }: Image): string {
  return `TAG_${name.toUpperCase().replaceAll('-', '_')}`
}

export function namesTag(image: Image): string {
  return `${variableOf(image)}="${tagOf(image)}"`
}

const registry = [
  'ACCOUNT="$(aws sts get-caller-identity --query Account --output text)"',
  'REGISTRY="$ACCOUNT.dkr.ecr.$AWS_REGION.amazonaws.com"',
]

const signIn = 'aws ecr get-login-password | docker login --username AWS --password-stdin "$REGISTRY"'

/** Builds an image and sends it to its own registry, unless it is there. */
export function builds(way: Way, image: Image, { names }: System): Lines {
  const repository = names.service(image.name)
  const tag = `$${variableOf(image)}`
  const folder = `deploy/images`
  const file = `${folder}/${image.name === web ? web : 'server'}.Dockerfile`
  return [
    namesTag(image),
    ...registry,
    `if ${isThere(repository, tag)}; then echo "${repository}:${tag} is there: nothing of it changed"; else`,
    ...prepare(way).map(indented),
    `  npx groundplan compose ${way.name} --env ${way.stops[0].environment} --for-target --out ${folder}`,
    `  ${signIn}`,
    `  docker build --platform linux/arm64 --file ${file} --tag "$REGISTRY/${repository}:${tag}" .`,
    `  docker push "$REGISTRY/${repository}:${tag}"`,
    'fi',
  ]
}

function isThere(repository: string, tag: string): string {
  return `aws ecr describe-images --repository-name ${repository} --image-ids "imageTag=${tag}" > /dev/null 2>&1`
}

/** The file that ECS takes: the container, and its image. */
export function imageDefinition(image: Image, { names }: System): string {
  const uri = `$REGISTRY/${names.service(image.name)}:$${variableOf(image)}`
  return `printf '[{"name":"%s","imageUri":"%s"}]' ${image.name} "${uri}" > imagedefinitions.json`
}

/** Takes images over from the environment before, as they are. */
export function promotes({ images }: Way, { from, system }: Stop): Lines {
  if (from === undefined || images.length === 0) return []
  const copies = images.flatMap(image => {
    const [source, target] = [from.names.service(image.name), system.names.service(image.name)]
    const tag = `$${variableOf(image)}`
    return [
      `if ! ${isThere(target, tag)}; then`,
      `  docker pull --platform linux/arm64 "$REGISTRY/${source}:${tag}"`,
      `  docker tag "$REGISTRY/${source}:${tag}" "$REGISTRY/${target}:${tag}"`,
      `  docker push "$REGISTRY/${target}:${tag}"`,
      'fi',
    ]
  })
  return [...registry, signIn, ...copies]
}

function indented(line: string): string {
  return `  ${line}`
}

// ---------- deployments

/** Stacks and what runs: with the images that were built. */
export function deploys(way: Way, stop: Stop): Lines {
  const images = way.images.map(image => `${image.name}=$${variableOf(image)}`).join(',')
  return [
    `npx groundplan deploy ${way.name} --env ${stop.environment} --yes${images === '' ? '' : ` --images "${images}"`}`,
  ]
}

/** Stacks alone, with the images that run: of a service that is not there yet, those that were built. */
export function deploysStacks(way: Way, { environment, system: { names } }: Stop): Lines {
  if (way.images.length === 0) return [`npx groundplan deploy ${way.name} --env ${environment} --yes`]
  const query = `--query 'services[?status==\`ACTIVE\`].taskDefinition' --output text`
  const running = way.images.flatMap(image => {
    const variable = `RUNS_${variableOf(image).slice('TAG_'.length)}`
    const service = `--cluster ${names.prefix} --services ${names.service(image.name)}`
    const image0 = `--query 'taskDefinition.containerDefinitions[0].image' --output text`
    return [
      `TASK="$(aws ecs describe-services ${service} ${query} 2> /dev/null || true)"`,
      `${variable}="$${variableOf(image)}"`,
      `if [ -n "$TASK" ]; then ${variable}="$(aws ecs describe-task-definition --task-definition "$TASK" ${image0} | sed 's/.*://')"; fi`,
    ]
  })
  const images = way.images.map(image => `${image.name}=$RUNS_${variableOf(image).slice('TAG_'.length)}`).join(',')
  return [...running, `npx groundplan deploy ${way.name} --env ${environment} --yes --images "${images}"`]
}

/** What a deployment would change of what is deployed, as `groundplan diff` says it: into diff.txt. */
export function diffs(way: Way, { environment, system }: Stop): Lines {
  const folder = `deployed/${way.name}/${environment}`
  const stacks = ['deployment', 'infra', 'application', ...(needsEdge(system) ? ['edge'] : [])]
  const fetched = stacks.map(part => {
    const region = part === 'edge' ? ' --region us-east-1' : ''
    const file = `${folder}/CloudFormation-${part}.json`
    const stack = `--stack-name ${system.names.prefix}-${part}${region}`
    return `aws cloudformation get-template ${stack} --query TemplateBody --output json > ${file} || rm ${file}`
  })
  return [
    `mkdir -p ${folder}`,
    ...fetched,
    'CODE=0',
    `npx groundplan diff ${way.name} --env ${environment} --against deployed > diff.txt || CODE=$?`,
    'cat diff.txt',
    // 3: becomes wider; 4: data would be lost. Whoever approves sees it.
    'if [ "$CODE" -ne 0 ] && [ "$CODE" -ne 3 ] && [ "$CODE" -ne 4 ]; then exit "$CODE"; fi',
  ]
}

/** Has the machine give what is new its calls. Follows it, unless it asks somebody, who may take a day. */
export function releases({ shift, system }: Stop): Lines {
  if (shift.by !== 'machine') return []
  const account = 'aws sts get-caller-identity --query Account --output text'
  const name = releaseName(system)
  const started = [
    `MACHINE="arn:aws:states:$AWS_REGION:$(${account}):stateMachine:${name}"`,
    'RUN="$(aws stepfunctions start-execution --state-machine-arn "$MACHINE" --query executionArn --output text)"',
  ]
  const asks = shift.levels.some(({ confirm }) => confirm !== undefined)
  if (asks)
    return [...started, 'echo "$RUN gives what is new its calls, asks operations by mail, and tells them how it ends"']
  return [
    ...started,
    'STATE="$(aws stepfunctions describe-execution --execution-arn "$RUN" --query status --output text)"',
    'while [ "$STATE" = RUNNING ]; do',
    '  sleep 20',
    '  STATE="$(aws stepfunctions describe-execution --execution-arn "$RUN" --query status --output text)"',
    'done',
    'echo "$RUN: $STATE"',
    '[ "$STATE" = SUCCEEDED ]',
  ]
}
