/**
 * What Amazon's and others' rules complain about and stays as it is, each with its reason. A complaint that is not here
 * fails the tests, and so does an exception that nothing complains about any more.
 */

export interface Exception {
  readonly by: 'cdk-nag' | 'checkov'
  readonly rule: RegExp
  /** `<stack>/<resource>`; default: everywhere. */
  readonly on?: RegExp
  readonly why: string
}

const nag = (rule: RegExp, on: RegExp, why: string): Exception => ({ by: 'cdk-nag', rule, on, why })
const checkov = (rule: RegExp, on: RegExp, why: string): Exception => ({ by: 'checkov', rule, on, why })

const functionDecides =
  'Who is calling is found out by the function, with the answers that every target gives; what shows no credential is refused before it'
const logsLog = 'A bucket of logs that logged into itself would never end'
const beforeLogs = 'It is made before all others, the bucket of logs among them, and holds no data of customers'
const notFull =
  'CloudFront can write its log only into a bucket with access lists, which all of ours forbid; gateways and pages log each call that reaches them'
const publicDoor = 'It is the door of a public site: HTTPS for everybody, and HTTP that is sent on to it'
const callsAreBounded =
  'Calls are bounded at the gateway and by the queue; reserving capacity would take it from other systems'

const asWideAsTemplates =
  'Whoever deploys makes all that the templates name: bounded by names where these can carry the environment, and roles to those of the environment alone'
const steps = 'Steps of the pipeline hand things on by one bucket, and write into one group of logs'
const noResource = 'These actions know no resource, or bear numbers that Amazon gives'

export const exceptions: readonly Exception[] = [
  // Pipelines.
  nag(/^AwsSolutions-IAM5/, /(RoleDeploy[A-Z]\w*|-access\/Deploy)$/, asWideAsTemplates),
  checkov(/^CKV_AWS_(107|109|111)$/, /Role\.(RoleDeploy\w+|Deploy)$/, asWideAsTemplates),
  nag(/^AwsSolutions-IAM5/, /-pipeline\/(Role(Build|Check|Diff)\w*|PipelineRole)$/, steps),
  nag(/^AwsSolutions-IAM5/, /-access\/Diff$/, 'Stacks have a number that Amazon gives'),
  nag(/^AwsSolutions-IAM5/, /-application\/(CanaryRole|ReleaseRole)$/, noResource),
  nag(
    /^AwsSolutions-S1$/,
    /-pipeline\/Artifacts$/,
    'What steps hand on, for a month: the history of the pipeline says who',
  ),
  checkov(/^CKV_AWS_18$/, /Artifacts$/, 'What steps hand on, for a month: the history of the pipeline says who'),
  // Rights that look wide.
  nag(/^AwsSolutions-IAM5\[.*log-group:.*:\*\]$/, /Role/, 'The streams of one group of logs'),
  nag(
    /^AwsSolutions-IAM5\[.*\/stream\/\*\]$/,
    /Role/,
    'The stream of one table: its name has the time at which it was made',
  ),
  nag(/^AwsSolutions-IAM5\[.*s3:::[^*]+\/\*\]$/, /Role/, 'The objects of one bucket'),
  nag(/^AwsSolutions-IAM5\[.*:secret:[^*]+\/\*-\?{6}\]$/, /Role/, 'What a plan keeps for each of its tenants'),
  nag(
    /^AwsSolutions-IAM5\[Resource::\*\]$/,
    /Role/,
    'Traces, and signing in to the registry of images: these actions know no resource',
  ),
  // Doors.
  nag(/^AwsSolutions-(APIG4|COG4)$/, /Route|Preflight/, functionDecides),
  checkov(/^CKV_AWS_59$/, /Route/, functionDecides),
  nag(/^AwsSolutions-APIG2$/, /Gateway/, "Bodies are checked by the function, by the plan's own schemas"),
  nag(
    /^AwsSolutions-APIG6$/,
    /Stage/,
    'The access log has each call; the log of each step needs a role that belongs to the whole account and region',
  ),
  checkov(/^CKV_AWS_120$/, /Stage/, 'Answers differ by caller, and are of now'),
  nag(/^AwsSolutions-EC23$/, /BalancerGroup/, publicDoor),
  checkov(/^CKV_AWS_260$/, /BalancerGroup/, publicDoor),
  nag(/^AwsSolutions-CFR1$/, /Site/, 'The shop is open to every country'),
  nag(/^AwsSolutions-CFR3$/, /Site/, notFull),
  checkov(/^CKV_AWS_86$/, /Site/, notFull),
  // What runs.
  nag(/^AwsSolutions-ECS2$/, /Task/, 'They say where the task is; secrets are in the vault'),
  checkov(/^CKV_AWS_111$/, /Role/, 'Interfaces of a function in a network: these actions know no resource'),
  checkov(
    /^CKV_AWS_118$/,
    /DatabaseCopy/,
    "Performance Insights says what is slow; what the machine below does is Amazon's",
  ),
  checkov(/^CKV_AWS_115$/, /Function/, callsAreBounded),
  checkov(
    /^CKV_AWS_116$/,
    /Function/,
    'Queues feed them, or somebody waits for the answer: what fails is kept by the driver with its reason',
  ),
  checkov(/^CKV_AWS_117$/, /Function/, 'They reach services of Amazon alone, and nothing reaches them but by Amazon'),
  nag(/^AwsSolutions-EC29$/, /Outlet$/, 'It keeps nothing, and goes with its stack'),
  checkov(/^CKV_AWS_88$/, /OutletTemplate/, 'It is the way out of the network, of development alone'),
  // What is kept.
  nag(
    /^AwsSolutions-SMG4$/,
    /Secret/,
    "It is rotated with an overlap by the vault, which Amazon's rotation does not know",
  ),
  nag(/^AwsSolutions-S1$/, /LogBucket/, logsLog),
  checkov(/^CKV_AWS_18$/, /LogBucket/, logsLog),
  nag(/^AwsSolutions-S1$/, /Deployments/, beforeLogs),
  checkov(/^CKV_AWS_18$/, /Deployments/, beforeLogs),
]
