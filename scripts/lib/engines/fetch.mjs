/** Fetches programs by the clients of their registries, into a folder and nowhere else. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { StepFailed } from '../progress.mjs'
import { run } from '../run.mjs'

/**
 * All jars of a program, into `lib`. The repository that Maven fills on the way is thrown away.
 * @param {string} folder
 * @param {string} group
 * @param {string} artifact
 * @param {string} version
 */
export async function jarsInto(folder, group, artifact, version) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'pom.xml'), pom(group, artifact, version))
  const repository = join(folder, 'repository')
  const copying = ['-B', '-q', 'dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime']
  try {
    await ran('mvn', [`-Dmaven.repo.local=${repository}`, ...copying], folder)
  } finally {
    rmSync(repository, { recursive: true, force: true })
  }
}

/**
 * A Python program, into a virtual environment of its own.
 * @param {string} folder
 * @param {string} requirement
 */
export async function pythonInto(folder, requirement) {
  mkdirSync(folder, { recursive: true })
  await ran('python3', ['-m', 'venv', 'venv'], folder)
  const pip = join(folder, 'venv', 'bin', 'pip')
  await ran(pip, ['install', '--quiet', '--no-cache-dir', '--disable-pip-version-check', requirement], folder)
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
export async function ran(command, args, cwd) {
  const { code, output } = await run(command, args, { cwd, capture: true })
  if (code !== 0) throw new StepFailed(`${command} ended with ${code}`, 1, output)
}

/**
 * @param {string} group
 * @param {string} artifact
 * @param {string} version
 */
function pom(group, artifact, version) {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>local</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>
  </dependency></dependencies>
</project>
`
}
