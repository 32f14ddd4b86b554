/**
 * Completes package-lock.json. Programs come as one optional package a platform, and npm leaves those out of the
 * lock file that the registry at hand does not serve; `npm ci` then refuses the file, here and elsewhere. What is
 * missing can be said without the registry: the name and version stand where they are asked for, the platform
 * stands in the name. Only the hash is unknown.
 */

/** @typedef {{ version?: string, optional?: boolean, dev?: boolean, os?: string[], cpu?: string[], libc?: string[], optionalDependencies?: Record<string, string> }} LockedPackage */
/** @typedef {{ packages: Record<string, LockedPackage> }} Lock */

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

/**
 * The packages that are asked for and not in the file, by the path they would have in it.
 * @param {Lock} lock
 * @returns {Record<string, LockedPackage>}
 */
export function missingPackages({ packages }) {
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, asking]) =>
      Object.entries(asking.optionalDependencies ?? {})
        .filter(([name]) => !isThere(packages, path, name))
        .map(([name, version]) => [`node_modules/${name}`, entry(name, version, asking)]),
    ),
  )
}

/**
 * The same file with what is missing, in npm's order.
 * @param {Lock} lock
 * @returns {Lock}
 */
export function completed(lock) {
  const all = { ...lock.packages, ...missingPackages(lock) }
  const names = Object.keys(all).sort((left, right) => left.localeCompare(right, 'en'))
  return { ...lock, packages: Object.fromEntries(names.map(name => [name, all[name] ?? {}])) }
}

/**
 * Whether a package that `path` asks for is found as Node would: beside it, or in a folder above.
 * @param {Record<string, LockedPackage>} packages
 * @param {string} path
 * @param {string} name
 * @returns {boolean}
 */
function isThere(packages, path, name) {
  if (`${path === '' ? '' : `${path}/`}node_modules/${name}` in packages) return true
  if (path === '') return false
  const above = path.includes('/node_modules/') ? path.slice(0, path.lastIndexOf('/node_modules/')) : ''
  return isThere(packages, above, name)
}

/**
 * @param {string} name such as `@biomejs/cli-linux-x64-musl`
 * @param {string} version
 * @param {LockedPackage} asking
 * @returns {LockedPackage}
 */
function entry(name, version, asking) {
  const words = name.split(/[/-]/)
  const os = words.filter(word => systems.includes(word))
  const cpu = words.filter(word => processors.includes(word))
  const libc = words.some(word => word.startsWith('musl')) ? 'musl' : 'glibc'
  if (os.length !== 1 || cpu.length !== 1 || !/^\d/.test(version)) {
    throw new Error(`${name}@${version}: add it to package-lock.json by hand, its platform does not stand in its name`)
  }
  return {
    version,
    cpu,
    ...(asking.dev ? { dev: true } : {}),
    ...(os[0] === 'linux' ? { libc: [libc] } : {}),
    optional: true,
    os,
  }
}
