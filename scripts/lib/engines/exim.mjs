/**
 * Exim out of Debian's packages, without installing them: unpacked into a folder, with a table of users of its own
 * (nss_wrapper), so that the machine keeps its own. It takes any mail, writes it into a Maildir, refuses what goes to
 * `unknown@…` for good and what goes to `busy@…` for now.
 */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { credentials } from './credentials.mjs'
import { ran } from './fetch.mjs'

const packages = [
  'exim4-daemon-light',
  'libgnutls-dane0',
  'libidn12',
  'libnsl2',
  'libunbound8',
  'libdb5.3',
  'libnss-wrapper',
]

/** @param {string} folder */
export async function fetchExim(folder) {
  const debs = join(folder, 'packages')
  mkdirSync(debs, { recursive: true })
  await ran('apt-get', ['download', '-q', ...packages], debs)
  for (const deb of readdirSync(debs)) await ran('dpkg', ['-x', join(debs, deb), join(folder, 'root')], folder)
  // Not for whoever runs it with more rights than his own: such a program would not see the libraries beside it.
  chmodSync(join(folder, 'root', 'usr', 'sbin', 'exim4'), 0o755)
}

/**
 * @param {string} folder
 * @param {number} port
 * @returns {import('./list.mjs').Start}
 */
export function startExim(folder, port) {
  const mail = join(folder, 'mail')
  for (const each of ['spool', 'log', 'mail']) {
    mkdirSync(join(folder, each), { recursive: true })
    // Exim gives up what it was started with, and writes as somebody else.
    chmodSync(join(folder, each), 0o777)
  }
  const [uid, gid] = [process.getuid?.() || 65_534, process.getgid?.() || 65_534]
  writeFileSync(join(folder, 'passwd'), `root:x:0:0::/:/bin/sh\nDebian-exim:x:${uid}:${gid}::/:/bin/false\n`)
  writeFileSync(join(folder, 'group'), `root:x:0:\nDebian-exim:x:${gid}:\n`)
  const program = join(folder, 'root', 'usr', 'sbin', 'exim4')
  const config = join(folder, 'exim.conf')
  writeFileSync(config, configuration({ folder, mail, program, port }), { mode: 0o644 })
  const libraries = join(folder, 'root', 'usr', 'lib', 'x86_64-linux-gnu')
  const env = {
    LD_LIBRARY_PATH: libraries,
    LD_PRELOAD: join(libraries, 'libnss_wrapper.so'),
    NSS_WRAPPER_PASSWD: join(folder, 'passwd'),
    NSS_WRAPPER_GROUP: join(folder, 'group'),
  }
  return { command: program, args: ['-C', config, '-bdf'], env }
}

/** @param {{ folder: string, mail: string, program: string, port: number }} options */
function configuration({ folder, mail, program, port }) {
  return `primary_hostname = localhost
exim_path = ${program}
deliver_drop_privilege = true
keep_environment = LD_LIBRARY_PATH : LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
spool_directory = ${join(folder, 'spool')}
log_file_path = ${join(folder, 'log')}/%slog
pid_file_path = ${join(folder, 'exim.pid')}
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
message_size_limit = 5M
smtp_accept_max = 100
smtp_accept_max_per_host = 100
smtp_accept_queue_per_connection = 0
acl_smtp_rcpt = recipient
acl_smtp_data = accept
begin acl
recipient:
  require authenticated = *
  deny local_parts = unknown
       message = there is no such mailbox
  defer local_parts = busy
        message = try again later
  accept
begin routers
all:
  driver = accept
  transport = files
begin transports
files:
  driver = appendfile
  directory = ${mail}
  create_directory
  maildir_format
  batch_max = 100
  mode = 0644
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and {{eq{$auth2}{${credentials.accessKeyId}}}{eq{$auth3}{${credentials.secretAccessKey}}}}}
  server_advertise_condition = yes
`
}
