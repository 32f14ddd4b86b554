/**
 * The stand-ins: what each is for, how it is fetched into its folder, and how it is started there. Versions are pinned.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { credentials } from './credentials.mjs'
import { fetchExim, startExim } from './exim.mjs'
import { jarsInto, pythonInto } from './fetch.mjs'

/**
 * @typedef {object} Start
 * @property {string} command
 * @property {readonly string[]} args
 * @property {Readonly<Record<string, string>>} [env]
 *
 * @typedef {object} Engine
 * @property {string} name
 * @property {string} is for people
 * @property {'http' | 'smtp'} protocol
 * @property {readonly string[]} tools programs that must be there
 * @property {string} version changes when the engine must be fetched anew
 * @property {(folder: string) => Promise<void>} fetch
 * @property {true} [sharesFiles] it has those of another engine, which is fetched before it
 * @property {(folder: string, port: number) => Start} start
 * @property {Readonly<Record<string, string>>} [more] what its clients must know beside the address
 */

const motoVersion = '5.2.1'

const memory = ['-Xmx512m', '-XX:TieredStopAtLevel=1']

/** @type {readonly Engine[]} */
export const engines = [
  {
    name: 'dynamodb',
    is: 'DynamoDB Local (Maven Central)',
    protocol: 'http',
    tools: ['mvn', 'java'],
    version: '2.6.0',
    fetch: folder => jarsInto(folder, 'com.amazonaws', 'DynamoDBLocal', '2.6.0'),
    start: (folder, port) => ({
      command: 'java',
      args: [
        ...memory,
        `-Djava.library.path=${join(folder, 'lib')}`,
        ...['-cp', join(folder, 'lib', '*'), 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'],
        ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
      ],
    }),
  },
  {
    name: 'elasticmq',
    is: 'ElasticMQ (Maven Central): SQS',
    protocol: 'http',
    tools: ['mvn', 'java'],
    version: '1.6.12',
    fetch: folder => jarsInto(folder, 'org.elasticmq', 'elasticmq-server_2.13', '1.6.12'),
    start: (folder, port) => {
      const config = join(folder, 'elasticmq.conf')
      writeFileSync(config, elasticmqConfig(port))
      const main = ['-cp', join(folder, 'lib', '*'), 'org.elasticmq.server.Main']
      return { command: 'java', args: [...memory, quiet(folder), `-Dconfig.file=${config}`, ...main] }
    },
  },
  {
    name: 's3proxy',
    is: 'S3Proxy (Maven Central): S3',
    protocol: 'http',
    tools: ['mvn', 'java'],
    version: '2.6.0',
    fetch: folder => jarsInto(folder, 'org.gaul', 's3proxy', '2.6.0'),
    start: (folder, port) => {
      const config = join(folder, 's3proxy.conf')
      writeFileSync(config, s3proxyConfig(port))
      const main = ['-cp', join(folder, 'lib', '*'), 'org.gaul.s3proxy.Main', '--properties', config]
      return { command: 'java', args: [...memory, quiet(folder), ...main] }
    },
    more: credentials,
  },
  {
    name: 'moto',
    is: 'moto (PyPI): S3, Secrets Manager and SSM',
    protocol: 'http',
    tools: ['python3'],
    version: motoVersion,
    fetch: motoInto,
    start: motoIn,
  },
  {
    // A process of its own: it can be asked what mail it has, as long as it keeps nothing else.
    name: 'ses',
    is: 'moto (PyPI): SES',
    protocol: 'http',
    tools: ['python3'],
    version: motoVersion,
    fetch: folder => motoInto(join(folder, '..', 'moto')),
    sharesFiles: true,
    start: (folder, port) => motoIn(join(folder, '..', 'moto'), port),
  },
  {
    name: 'exim',
    is: 'Exim (Debian): SMTP',
    protocol: 'smtp',
    tools: ['apt-get', 'dpkg'],
    version: '2',
    fetch: fetchExim,
    start: startExim,
    more: { user: credentials.accessKeyId, password: credentials.secretAccessKey },
  },
]

/**
 * Logs warnings alone: left to itself, Logback logs everything, by the gigabyte.
 * @param {string} folder
 */
function quiet(folder) {
  const config = join(folder, 'logback.xml')
  const appender =
    '<appender name="out" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %level %logger %msg%n</pattern></encoder></appender>'
  writeFileSync(
    config,
    `<configuration>${appender}<root level="WARN"><appender-ref ref="out"/></root></configuration>\n`,
  )
  return `-Dlogback.configurationFile=${config}`
}

/** @param {string} folder */
async function motoInto(folder) {
  if (!existsSync(join(folder, 'venv', 'bin', 'moto_server'))) await pythonInto(folder, `moto[server]==${motoVersion}`)
}

/**
 * @param {string} folder
 * @param {number} port
 * @returns {Start}
 */
function motoIn(folder, port) {
  return { command: join(folder, 'venv', 'bin', 'moto_server'), args: ['-H', '127.0.0.1', '-p', String(port)] }
}

/** @param {number} port */
function elasticmqConfig(port) {
  return `include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = ${port}, context-path = "" }
rest-sqs { enabled = true, bind-hostname = "127.0.0.1", bind-port = ${port}, sqs-limits = relaxed }
rest-stats { enabled = false }
`
}

/** @param {number} port */
function s3proxyConfig(port) {
  return `s3proxy.endpoint=http://127.0.0.1:${port}
s3proxy.authorization=aws-v4
s3proxy.identity=${credentials.accessKeyId}
s3proxy.credential=${credentials.secretAccessKey}
s3proxy.v4-max-non-chunked-request-size=134217728
jclouds.provider=transient
jclouds.identity=local
jclouds.credential=local
`
}
